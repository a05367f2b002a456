"""`hub demo`: the demo borough with everything around it, or a service year without a browser."""

import json

import click

SEED = "hackney-2026"

SHOWN, SIMULATED = 400, 1000  # a borough to look at is there within a minute; a year is worth waiting for
DAYS_OF_WORK = 42


@click.command("demo")
@click.option(
    "--learners",
    default=None,
    type=click.IntRange(10, 20_000),
    help="Learners of a year. [400 to look at, 1000 with --headless]",
)
@click.option(
    "--days",
    default=DAYS_OF_WORK,
    show_default=True,
    type=click.IntRange(28, 365),
    help="For how many days the hub has been open; the more, the longer it takes to build.",
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1024, 65_534),
    help="The phones are on the next one.",
)
@click.option(
    "--headless", is_flag=True, help="Live one service year faster than the clock; print what came of it."
)
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and build it anew.")
@click.option("--seed", default=SEED, show_default=True, help="The same seed makes the same borough.")
def demo(  # noqa: PLR0913, PLR0917 - click passes each option by itself
    learners: int | None, days: int, port: int, headless: bool, fresh: bool, seed: str
) -> None:
    """Build the demo borough through the services and serve it, until Ctrl-C."""
    if headless:
        from hub.demo.headless import service_year  # noqa: PLC0415 - keeps `hub --help` quick

        found = service_year(learners or SIMULATED, seed)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        if found["invariant_violations"]["total"]:
            raise click.exceptions.Exit(1)
        return
    from hub.demo.serving import Wish, serve  # noqa: PLC0415 - as above

    serve(Wish(learners or SHOWN, days, port, seed, fresh=fresh))
