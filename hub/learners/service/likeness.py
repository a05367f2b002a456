"""Finding whom a person may be already: candidates by shared keys, the best of them decrypted and compared."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from hub.infra.places import RowSeals
from hub.infra.vault import current_vault
from hub.learners import queries
from hub.learners.domain.blocking import KEY_WEIGHTS, MOST_COMPARED
from hub.learners.domain.file_model import MOST_AT_PHONE
from hub.learners.domain.keys import Key
from hub.learners.domain.model import Model
from hub.learners.domain.scoring import (
    Comparable,
    Comparison,
    Prepared,
    explain,
    named,
    prepare_around,
    weigh_around,
    weigh_names,
)
from hub.learners.models import SourceRecord

LOW_BAND = -3.0  # pairs from here to 0 are kept for the weekly sample


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody the person may be: by the home of the record that is likest, and who that is now."""

    home_id: UUID
    now_id: UUID
    comparison: Comparison


def likest(session: Session, asked: Prepared, hashed: Mapping[bytes, Key], model: Model) -> list[Known]:
    """Everybody known who scores above the low band, best first; one query, and one for their keys.

    At most 25 records are decrypted: those that share the most telling keys. Names are opened only of those who
    could be the one by everything else.
    """
    weights = {one: KEY_WEIGHTS[key.kind] for one, key in hashed.items()}
    rows = queries.candidates(session, weights, MOST_COMPARED) if weights else ()
    if not rows:
        return []
    around = [(row, seals, prepare_around(_described(row, seals), model)) for row, seals in _opened(rows)]
    here = model.where_crowded(_crowded(asked, [other for _, _, other in around]))
    found: dict[UUID, Known] = {}
    for row, seals, unnamed in around:
        around_it = weigh_around(asked, unnamed, here, LOW_BAND)
        if around_it is None:
            continue
        weighed = weigh_names(around_it, asked, _named(row, seals, unnamed, model), here)
        if weighed.score < LOW_BAND:
            continue
        one = Known(row.home_learner_id, row.learner_id, explain(weighed, here))
        best = found.get(row.learner_id)
        if best is None or best.comparison.score < one.comparison.score:
            found[row.learner_id] = one
    return sorted(found.values(), key=lambda one: (-one.comparison.score, one.now_id))


def _opened(rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], RowSeals]]:
    vault = current_vault()
    for row in rows:
        vault.take(row.subject_id, row.kek_id, row.wrapped)
        yield row, vault.row(SourceRecord.__tablename__, row.id, row.subject_id)


def _described(row: Row[Any], seals: RowSeals) -> Comparable:
    """What is compared but the name; only that is decrypted."""
    phones = (
        SourceRecord.phone.opened(row.phone, seals),
        SourceRecord.second_phone.opened(row.second_phone, seals),
    )
    email = SourceRecord.email.opened(row.email, seals)
    return Comparable(
        gender=SourceRecord.sex.opened(row.sex, seals),
        date_of_birth=SourceRecord.date_of_birth.opened(row.date_of_birth, seals),
        phones=tuple([phone for phone in phones if phone]),
        emails=(email,) if email else (),
        postcode=SourceRecord.postcode.opened(row.postcode, seals),
        address=SourceRecord.address.opened(row.address, seals),
        first_language=SourceRecord.first_language.opened(row.first_language, seals),
    )


def _named(row: Row[Any], seals: RowSeals, around: Prepared, model: Model) -> Prepared:
    given = SourceRecord.given_names.opened(row.given_names, seals) or ""
    family = SourceRecord.family_name.opened(row.family_name, seals) or ""
    alias = SourceRecord.known_as.opened(row.known_as, seals)
    return named(around, (given, family), (alias,) if alias else (), model)


def _crowded(asked: Prepared, others: Sequence[Prepared]) -> frozenset[str]:
    """The person's own phones and e-mails that more than ten others have: an office's or a hostel's."""
    mine = asked.contact.phones | asked.contact.emails
    having = Counter(place for one in others for place in (one.contact.phones | one.contact.emails) & mine)
    return frozenset(place for place, number in having.items() if number >= MOST_AT_PHONE)
