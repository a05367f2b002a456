"""`hub fake-notify`: run the stand-in as a process of its own."""

from pathlib import Path

import click

from hub.fake_notify.settings import FakeSettings


@click.command("fake-notify")
@click.option("--port", default=8001, show_default=True, help="Port on this machine (127.0.0.1).")
@click.option("--hub-url", default="http://127.0.0.1:8000", show_default=True, help="Where callbacks go.")
@click.option(
    "--hub-token",
    default=FakeSettings().hub_token,
    envvar="HUB_NOTIFY_TOKENS",
    help="The bearer token that callbacks carry (of several, the first).",
)
@click.option(
    "--api-key",
    default=FakeSettings().api_key,
    envvar="HUB_NOTIFY_KEY",
    help="The key the hub signs with (name-serviceUUID-secretUUID).",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file in which the messages outlive this process.",
)
def fake_notify(port: int, hub_url: str, hub_token: str, api_key: str, keep: Path | None) -> None:
    """A local stand-in for GOV.UK Notify with a page that shows the phones."""
    from hub.fake_notify.server import serve  # noqa: PLC0415 - keeps `hub --help` quick

    serve(
        port,
        FakeSettings(
            api_key=api_key,
            hub_url=hub_url.rstrip("/"),
            hub_token=hub_token.partition(",")[0].strip(),
            keep_in=keep,
        ),
    )
