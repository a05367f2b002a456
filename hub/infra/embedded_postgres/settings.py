"""The server's settings, given on its command line at each start so that no file can drift."""

from pathlib import Path

from hub.infra.embedded_postgres.place import PORT

_ALWAYS = {
    "listen_addresses": "",  # the socket only, nothing on the network
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "jit": "off",  # the wheel carries no compiler library
    "log_checkpoints": "off",
    # The log must hold no personal data: no statements, no parameters, no "Key (email)=(...)" details.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def server_settings(socket_dir: Path, *, durable: bool) -> dict[str, str]:
    """The settings by name; `durable=False` is for tests: a power cut may destroy the data."""
    settings = {**_ALWAYS, "unix_socket_directories": str(socket_dir)}
    return settings if durable else {**settings, **_THROWAWAY}
