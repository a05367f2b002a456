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
        ({"HUB_OIDC_ISSUER": "https://login.example.org"}, "HUB_OIDC_CLIENT_ID"),
        ({"HUB_OIDC_ISSUER": "http://login.example.org", "HUB_OIDC_CLIENT_ID": "x"}, "https"),
        ({"HUB_BREACHED_PASSWORDS": "/no/such/file"}, "no file"),
        ({"HUB_SECOND_FACTOR": "maybe"}, "required, optional or off"),
        ({"HUB_NETWORKS": "Town Hall"}, "Town Hall=10.1.0.0/16"),
        ({"HUB_PROXIES": "many"}, "how many proxies"),
    ],
)
def test_settings_must_fit_together(environ, words):
    with pytest.raises(SettingsFaulty, match=words):
        load_settings(environ)


def test_secrets_do_not_show_in_the_representation():
    settings = load_settings({"HUB_NOTIFY_KEY": "hush-hush", "HUB_NOTIFY_TOKENS": "hush-hush-hush"})
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "rule"),
    [
        ({}, "required"),
        ({"HUB_ENVIRONMENT": "demo"}, "optional"),
        ({"HUB_ENVIRONMENT": "demo", "HUB_SECOND_FACTOR": "required"}, "required"),
        ({"HUB_SECOND_FACTOR": "off"}, "off"),
    ],
)
def test_a_second_proof_is_required_unless_a_demo_or_a_setting_says_otherwise(environ, rule):
    assert load_settings(environ).second_factor == rule


def test_networks_have_names():
    found = load_settings({"HUB_NETWORKS": "Town Hall=10.1.0.0/16, Mare Street=192.0.2.0/24"}).networks
    assert [(name, str(addresses)) for name, addresses in found] == [
        ("Town Hall", "10.1.0.0/16"),
        ("Mare Street", "192.0.2.0/24"),
    ]
