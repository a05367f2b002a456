"""Finding whom a person may be already: candidates by shared keys, the best of them decrypted and compared."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.infra.places import RowPlace, RowSeals
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
from hub.learners.queries import SEALED, Candidate

LOW_BAND = -3.0  # pairs from here to 0 are kept for the weekly sample


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody the person may be: by the home of the record that is likest, and who that is now."""

    home_id: UUID
    now_id: UUID
    comparison: Comparison


def likest(session: Session, asked: Prepared, hashed: Mapping[bytes, Key], model: Model) -> list[Known]:
    """Everybody known who scores above the low band, best first; one query, and one for their keys.

    At most 16 records are decrypted: those that share the most telling keys. Names are opened only of those who
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


def _opened(rows: Sequence[Candidate]) -> Iterator[tuple[Candidate, RowSeals]]:
    vault, table = current_vault(), SourceRecord.__tablename__
    for row in rows:
        vault.take(row.subject_id, row.kek_id, row.wrapped)
        yield row, vault.row(RowPlace(table, row.id, row.subject_id))


_AROUND, _NAMES = SEALED[:-3], SEALED[-3:]


def _described(row: Candidate, seals: RowSeals) -> Comparable:
    """What is compared but the name; only that is decrypted."""
    born, sex, phone, second, email, postcode, address, language = seals.open(_AROUND, row.sealed[:-3])
    return Comparable(
        gender=sex,
        date_of_birth=date.fromisoformat(born) if born else None,
        phones=tuple([one for one in (phone, second) if one]),
        emails=(email,) if email else (),
        postcode=postcode,
        address=address,
        first_language=language,
    )


def _named(row: Candidate, seals: RowSeals, around: Prepared, model: Model) -> Prepared:
    given, family, alias = seals.open(_NAMES, row.sealed[-3:])
    return named(around, (given or "", family or ""), (alias,) if alias else (), model)


def _crowded(asked: Prepared, others: Sequence[Prepared]) -> frozenset[str]:
    """The person's own phones and e-mails that more than ten others have: an office's or a hostel's."""
    mine = asked.contact.phones | asked.contact.emails
    having = Counter(place for one in others for place in (one.contact.phones | one.contact.emails) & mine)
    return frozenset(place for place, number in having.items() if number >= MOST_AT_PHONE)
