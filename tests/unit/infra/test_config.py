"""Settings: every fault is named at start."""

import pytest

from hub.infra.config import Environment, SettingsFaulty, load_settings


def test_without_variables_the_defaults_stand():
    settings = load_settings({"PATH": "/bin"})
    assert settings.environment is Environment.PRODUCTION
    assert not settings.is_https


def test_every_fault_is_named():
    with pytest.raises(SettingsFaulty) as caught:
        load_settings(
            {
                "HUB_PORT": "1",
                "HUB_POOL_SIZE": "many",
                "HUB_BASE_URL": "ftp://x",
                "HUB_ENVIRONMENT": "live",
                "HUB_LOG_LEVEL": "loud",
                "HUB_NOTIFY_TOKENS": "short",
                "HUB_ALLOW_DRAMA_NUMBERS": "perhaps",
                "HUB_DATABASE_URL": "mysql://x",
                "HUB_HUB_NAME": " ",
            }
        )
    for name in (
        "PORT",
        "POOL_SIZE",
        "BASE_URL",
        "ENVIRONMENT",
        "LOG_LEVEL",
        "TOKENS",
        "DRAMA",
        "DATABASE_URL",
        "NAME",
    ):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"HUB_BASE_URL": "http://hub.example.org"}, "https"),
        ({"HUB_DATABASE_URL": "postgresql://a@b/c"}, "HUB_DATABASE_OWNER_URL"),
        ({"HUB_ALLOW_DRAMA_NUMBERS": "1"}, "not for production"),
        ({"HUB_BASE_URL": "https://hub.example.org"}, "HUB_NOTIFY_KEY"),
    ],
)
def test_settings_must_fit_together(environ, words):
    with pytest.raises(SettingsFaulty, match=words):
        load_settings(environ)


def test_secrets_do_not_show_in_the_representation():
    settings = load_settings({"HUB_NOTIFY_KEY": "hush-hush", "HUB_NOTIFY_TOKENS": "hush-hush-hush"})
    assert "hush" not in repr(settings)
