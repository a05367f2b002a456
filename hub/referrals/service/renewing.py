"""Keyed hashes of referrals made anew, when the key has changed by which people are found."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.learners import reads as learners
from hub.referrals import queries
from hub.referrals.domain import Channel
from hub.referrals.service.intake import external_keys, person_keys


def renew_keys(session: Session, record_ids: Collection[UUID]) -> None:
    """Give the referrals that brought these records the hashes of today. Who was erased is found by nothing,
    and who referred themselves by a hash of their own, as before."""
    rows = queries.of_records(session, record_ids)
    people = learners.records(session, {row.source_record_id for row in rows})
    made = []
    for row in rows:
        person = people[row.source_record_id]
        if person.given_names or person.family_name:
            external = external_keys(row.external_reference)
            found_by = row.person_key if row.channel is Channel.SELF else person_keys(person)[0]
            made.append((row.id, found_by, external[0] if external else None))
    queries.note_keys(session, made)
