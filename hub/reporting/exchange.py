"""The reports as files for a spreadsheet: the same numbers as on the pages, hidden where they are hidden."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from hub.infra.csvfiles import csv_text
from hub.reporting.domain import AGE_BANDS, Demand
from hub.reporting.reads import ProviderFigures, ServiceFigures


def figures_csv(figures: ServiceFigures, today: date) -> str:
    """One line a number: period, group, what, how many."""
    period = (figures.period.first, figures.period.last)
    rows = [(*period, *row) for row in _of_period(figures)]
    rows += [(today, today, *row) for row in _of_today(figures)]
    return csv_text([("from", "to", "group", "what", "number"), *rows])


def _of_period(figures: ServiceFigures) -> Iterator[Sequence[object]]:
    for group in (figures.referred, figures.assessed, figures.offered, figures.offers_ended):
        yield group.title, "All", group.total.words
        yield from ((group.title, one.label, one.words) for one in group.counts)
    for count in (figures.placed, figures.started):
        yield count.label, "All", count.words
    for label, middle in (
        ("Median days, referral to assessment", figures.to_assessment),
        ("Median days, referral to first class", figures.to_start),
    ):
        yield label, "All", "not known" if middle.days is None else middle.days


def _of_today(figures: ServiceFigures) -> Iterator[Sequence[object]]:
    title = figures.waiting.title
    yield title, "All", figures.waiting.total.words
    yield from ((title, one.label, one.words) for one in figures.waiting.counts)
    for row in figures.waiting_rows:
        for band, count in zip(AGE_BANDS, row.bands, strict=True):
            yield f"{title}: {band.lower()}", row.level.label, count.words


def unmet_csv(found: Iterable[Demand]) -> str:
    """One line a group of five people and more."""
    header = ("level", "time", "postcode_area", "people_waiting", "free_places", "enough_for_a_class")
    rows = [
        (
            one.level.label,
            one.part.label,
            one.area,
            one.people,
            one.free,
            "yes" if one.fills_a_class else "no",
        )
        for one in found
    ]
    return csv_text([header, *rows])


def providers_csv(found: Iterable[ProviderFigures]) -> str:
    """One line a provider."""
    header = (
        "provider", "open_classes", "free_places", "oldest_confirmation", "classes_to_confirm", "offers",
        "answered", "median_working_days_to_answer", "not_answered_in_time",
    )  # fmt: skip
    rows = [
        (
            one.freshness.provider.name, one.freshness.classes, one.freshness.places_free,
            one.freshness.oldest.date() if one.freshness.oldest else "", one.freshness.stale, one.offers,
            one.answered, one.answer_days, one.silences,
        )
        for one in found
    ]  # fmt: skip
    return csv_text([header, *rows])
