"""Settings: read once from `HUB_*` variables, typed, and refused at start with every fault named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

LOCAL_NOTIFY_KEY = "local-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
"""The key of the local Notify stand-in: published, and of no use anywhere else."""


class Environment(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class SecondFactor(StrEnum):
    """Whether staff prove themselves twice: a password, then a code from their phone."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


Network = tuple[str, IPv4Network | IPv6Network]
"""A network's name as people know it, and its addresses."""


class SettingsFaulty(RuntimeError):
    """The environment cannot be used; the message names every fault, one a line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process. README of `hub/infra` says what each is for."""

    environment: Environment = Environment.PRODUCTION
    data_dir: Path = Path("var")
    database_url: str | None = None
    database_owner_url: str | None = None
    base_url: str = "http://127.0.0.1:8000"
    key_file: Path | None = None
    audit_dir: Path | None = None
    audit_archive_dir: Path | None = None
    erasure_log: Path | None = None
    hub_name: str = "ESOL Hub"
    hub_phone: str = "020 7946 0100"
    hub_email: str = "hello@esolhub.example"
    hub_address: str = ""
    dpia_id: str = ""
    notify_url: str = "http://127.0.0.1:8001"
    notify_key: str = field(default=LOCAL_NOTIFY_KEY, repr=False)
    notify_sms_template: str = "5f3a1e26-7c54-4a5e-9b0f-1d8a4a0c6b11"
    notify_email_template: str = "c2b7c1de-2a4b-4d0b-8a54-3a2d5f0e7d22"
    notify_tokens: tuple[str, ...] = field(default=(), repr=False)
    allow_drama_numbers: bool = False
    log_level: str = "INFO"
    pool_size: int = 5
    fast_commits: bool = False
    remember_seconds: int = 5
    second_factor: SecondFactor = SecondFactor.REQUIRED
    networks: tuple[Network, ...] = ()
    proxies: int = 0
    breached_passwords: Path | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_name: str = "your organisation's account"
    oidc_second_factor: tuple[str, ...] = ()

    @property
    def keys_path(self) -> Path:
        return self.key_file or self.data_dir / "keys.json"

    @property
    def erasures_path(self) -> Path:
        """Who was erased, in ids, apart from the database: for the day of a restore."""
        return self.erasure_log or self.data_dir / "erasures.jsonl"

    @property
    def archive_path(self) -> Path:
        """Sealed files of audit entries that were removed, where the hub keeps any."""
        return self.audit_archive_dir or self.data_dir / "audit-archive"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment; SettingsFaulty names every variable that is wrong or unknown."""
    faults: list[str] = []
    values: dict[str, object] = {}
    for name, text in sorted(environ.items()):
        if not name.startswith("HUB_") or name in _FOR_OTHERS:
            continue
        reader = _READERS.get(name.removeprefix("HUB_").lower())
        if reader is None:
            faults.append(f"{name} is not a setting of ESOL Hub")
            continue
        try:
            values[name.removeprefix("HUB_").lower()] = reader(text)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if values.get("environment") in {Environment.DEMO, Environment.TEST}:
        values.setdefault("second_factor", SecondFactor.OPTIONAL)
    settings = Settings(**values)  # type: ignore[arg-type]
    faults += _cross_faults(settings)
    if faults:
        raise SettingsFaulty("The settings cannot be used:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return settings


def _cross_faults(settings: Settings) -> list[str]:
    faults = []
    if bool(settings.database_url) != bool(settings.database_owner_url):
        faults.append(
            "HUB_DATABASE_URL and HUB_DATABASE_OWNER_URL go together: the application's role, and the owner's"
        )
    if not settings.is_https and not _is_loopback(settings.base_url):
        faults.append("HUB_BASE_URL must begin with https:// unless it is on this machine (127.0.0.1)")
    if settings.is_production and settings.allow_drama_numbers:
        faults.append("HUB_ALLOW_DRAMA_NUMBERS is for demonstration and tests, not for production")
    if settings.is_production and settings.is_https and not settings.dpia_id:
        faults.append(
            "HUB_DPIA_ID is needed: the number of your data protection impact assessment. Without one the hub must not "
            "go live (UK GDPR Article 35)"
        )
    if settings.is_production and settings.is_https and settings.notify_key == LOCAL_NOTIFY_KEY:
        faults.append("HUB_NOTIFY_KEY is needed: the API key of your GOV.UK Notify service")
    if bool(settings.oidc_issuer) != bool(settings.oidc_client_id):
        faults.append("HUB_OIDC_ISSUER and HUB_OIDC_CLIENT_ID go together")
    if settings.breached_passwords is not None and not settings.breached_passwords.is_file():
        faults.append(f"HUB_BREACHED_PASSWORDS: there is no file {settings.breached_passwords}")
    issuer = settings.oidc_issuer
    if issuer and not issuer.startswith("https://") and not _is_loopback(issuer):
        faults.append("HUB_OIDC_ISSUER must begin with https:// unless it is on this machine")
    return faults


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a web address such as https://hub.example.org")
    return text.rstrip("/")


def _database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise ValueError("write a PostgreSQL address such as postgresql://user:password@host/name")
    return "postgresql+psycopg://" + text.split("://", 1)[1]


def _flag(text: str) -> bool:
    answers = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in answers:
        raise ValueError("write 1 or 0")
    return answers[text.lower()]


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def _tokens(text: str) -> tuple[str, ...]:
    tokens = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(len(token) < 10 for token in tokens):
        raise ValueError("each token needs at least 10 characters")
    return tokens


def _pool(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 50:
        raise ValueError("write a whole number from 1 to 50")
    return int(text)


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) > 300:
        raise ValueError("write a whole number of seconds from 0 to 300")
    return int(text)


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("write DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def _environment(text: str) -> Environment:
    try:
        return Environment(text)
    except ValueError:
        raise ValueError("write production, demo or test") from None


def _second_factor(text: str) -> SecondFactor:
    try:
        return SecondFactor(text)
    except ValueError:
        raise ValueError("write required, optional or off") from None


def _networks(text: str) -> tuple[Network, ...]:
    """`Town Hall=10.1.0.0/16, Mare Street=192.0.2.0/24`."""
    found = []
    for part in filter(str.strip, text.split(",")):
        name, _, addresses = part.strip().rpartition("=")
        try:
            found.append((_text(name), ip_network(addresses.strip())))
        except ValueError:
            raise ValueError("write names and networks such as Town Hall=10.1.0.0/16") from None
    return tuple(found)


def _proxies(text: str) -> int:
    if text not in {"0", "1", "2", "3"}:
        raise ValueError("write how many proxies stand before the hub, 0 to 3")
    return int(text)


def _optional(reader: Callable[[str], object]) -> Callable[[str], object]:
    """Nothing after the equals sign is the same as no setting."""
    return lambda text: reader(text) if text.strip() else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_FOR_OTHERS = {"HUB_TEST_BROWSER"}
_READERS: dict[str, Callable[[str], object]] = {
    "environment": _environment,
    "data_dir": lambda text: Path(_text(text)),
    "database_url": _database_url,
    "database_owner_url": _database_url,
    "base_url": _url,
    "key_file": lambda text: Path(_text(text)),
    "audit_dir": lambda text: Path(_text(text)),
    "audit_archive_dir": lambda text: Path(_text(text)),
    "erasure_log": lambda text: Path(_text(text)),
    "hub_name": _text,
    "hub_phone": _text,
    "hub_email": _text,
    "hub_address": _text,
    "dpia_id": _text,
    "notify_url": _url,
    "notify_key": _text,
    "notify_sms_template": _text,
    "notify_email_template": _text,
    "notify_tokens": _tokens,
    "allow_drama_numbers": _flag,
    "log_level": _level,
    "pool_size": _pool,
    "fast_commits": _flag,
    "remember_seconds": _seconds,
    "second_factor": _second_factor,
    "networks": _networks,
    "proxies": _proxies,
    "breached_passwords": _optional(lambda text: Path(_text(text))),
    "oidc_issuer": _optional(_url),
    "oidc_client_id": _optional(_text),
    "oidc_client_secret": _optional(_text),
    "oidc_name": _text,
    "oidc_second_factor": _words,
}
