"""Finding whom a person may be already: candidates by shared keys, the best of them decrypted and compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.infra.crypto import current_vault
from hub.learners import queries
from hub.learners.domain.blocking import KEY_WEIGHTS, MOST_COMPARED
from hub.learners.domain.file_model import MOST_AT_PHONE
from hub.learners.domain.keys import Key
from hub.learners.domain.model import Model
from hub.learners.domain.person import NewPerson
from hub.learners.domain.scoring import (
    Comparable,
    Comparison,
    Prepared,
    comparable,
    explain,
    prepare,
    weigh_promising,
)
from hub.learners.models import SourceRecord

LOW_BAND = -3.0  # pairs from here to 0 are kept for the weekly sample


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody the person may be: by the home of the record that is likest, and who that is now."""

    home_id: UUID
    now_id: UUID
    comparison: Comparison


def likest(session: Session, person: NewPerson, hashed: Mapping[bytes, Key], model: Model) -> list[Known]:
    """Everybody known who scores above the low band, best first; one query, and one for their keys.

    At most 50 records are decrypted: those that share the most telling keys.
    """
    weights = {one: KEY_WEIGHTS[key.kind] for one, key in hashed.items()}
    rows = queries.candidates(session, weights, MOST_COMPARED) if weights else ()
    if not rows:
        return []
    current_vault().preload({row.subject_id for row in rows})
    prepared = [(row, prepare(_described(row), model)) for row in rows]
    asked = prepare(comparable(person), model)
    here = model.where_crowded(_crowded(asked, [other for _, other in prepared]))
    found: dict[UUID, Known] = {}
    for row, other in prepared:
        weighed = weigh_promising(asked, other, here, LOW_BAND)
        if weighed is None or weighed.score < LOW_BAND:
            continue
        one = Known(row.home_learner_id, row.learner_id, explain(weighed, here))
        best = found.get(row.learner_id)
        if best is None or best.comparison.score < one.comparison.score:
            found[row.learner_id] = one
    return sorted(found.values(), key=lambda one: (-one.comparison.score, one.now_id))


def _described(row: SourceRecord) -> Comparable:
    """Only what is compared is decrypted."""
    return Comparable(
        given_names=row.given_names or "",
        family_name=row.family_name or "",
        aliases=(row.known_as,) if row.known_as else (),
        gender=row.sex,
        date_of_birth=row.date_of_birth,
        phones=tuple(phone for phone in (row.phone, row.second_phone) if phone),
        emails=(row.email,) if row.email else (),
        postcode=row.postcode,
        address=row.address,
        first_language=row.first_language,
    )


def _crowded(asked: Prepared, others: Sequence[Prepared]) -> frozenset[str]:
    """The person's own phones and e-mails that more than ten others have: an office's or a hostel's."""
    mine = asked.contact.phones | asked.contact.emails
    having = Counter(place for one in others for place in (one.contact.phones | one.contact.emails) & mine)
    return frozenset(place for place, number in having.items() if number >= MOST_AT_PHONE)
