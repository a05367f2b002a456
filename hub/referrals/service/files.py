"""Sent files: kept sealed while a person looks at the preview. Referrals of a file, taken in batch by batch."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, HubError, NotFound, NotPermitted, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra.subject_keys import destroy_key
from hub.infra.vault import blind_index, new_subject
from hub.referrals import queries
from hub.referrals.domain import Channel
from hub.referrals.models import ReferralFile
from hub.referrals.service.intake import NewReferral, external_keys, in_file, require_submittable, submit

BATCH = 200
ADDED, UNCHANGED, REFUSED, READY = "added", "unchanged", "refused", "ready"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One readable row: its line, its referral and the fingerprint text of what it says."""

    line: int
    new: NewReferral
    content: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of one row: `added`, `unchanged`, `ready` (preview only) or `refused`, with the refusal."""

    line: int
    what: str
    refusal: HubError | None = None


class FileKind(StrEnum):
    """What a sent file holds: referrals, or the places on a provider's own waiting list."""

    REFERRALS = "referrals"
    WAITING_LIST = "waiting_list"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that waits for a yes; `about` is the organisation whose list it is, where that is another's."""

    kind: FileKind
    content: bytes
    about: UUID | None = None

    def sealed_text(self) -> str:
        """One text for the sealed column: kind, organisation and the bytes."""
        return "\n".join((self.kind, str(self.about or ""), base64.b64encode(self.content).decode()))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The file that `sealed_text` wrote."""
        kind, about, content = text.split("\n")
        return cls(FileKind(kind), base64.b64decode(content), UUID(about) if about else None)


def keep_file(session: Session, sent: SentFile, actor: Actor, clock: Clock) -> UUID:
    """Keep a sent file, sealed, until it is taken in or a day has gone by."""
    if actor.id is None or actor.organisation_id is None:
        raise NotPermitted("Sign in to send a file.")
    row = ReferralFile(
        subject_id=new_subject(new_id()),
        organisation_id=actor.organisation_id,
        user_id=actor.id,
        sent_at=clock.now(),
        content=sent.sealed_text(),
    )
    session.add(row)
    session.flush()
    return row.id


def open_file(session: Session, file_id: UUID, kind: FileKind, actor: Actor) -> SentFile:
    """The user's own file of that kind; NotFound for any other."""
    sent = SentFile.from_text(queries.file_of(session, file_id, actor).content or "")
    if sent.kind is not kind:
        raise NotFound("There is no such file.")
    return sent


@dataclass(frozen=True, slots=True)
class Taking:
    """A file on its way in. `report`: what the edge says of its rows so far; `content` is empty at the end."""

    id: UUID
    user_id: UUID
    organisation_id: UUID
    started_at: datetime | None
    is_done: bool
    content: bytes
    report: Mapping[str, Any]


def start_file(session: Session, file_id: UUID, actor: Actor, clock: Clock) -> None:
    """Leave a long file to the scheduler; a second yes changes nothing."""
    row = queries.file_of(session, file_id, actor)
    if row.started_at is None:
        row.started_at = clock.now()
    session.flush()


def file_under_way(session: Session, file_id: UUID, actor: Actor) -> Taking:
    """How far the user's own file has come; NotFound for any other."""
    return _taking(queries.file_of(session, file_id, actor))


def files_under_way(session: Session, actor: Actor) -> list[Taking]:
    """The user's own long files of the last day, the newest first."""
    return [_taking(row) for row in queries.files_of(session, actor)]


def files_to_go_on_with(session: Session) -> list[tuple[UUID, UUID]]:
    """(file, person) of every file that is not in yet, the first first."""
    return [(row.id, row.user_id) for row in queries.files_begun(session)]


def note_progress(
    session: Session, file_id: UUID, actor: Actor, report: Mapping[str, Any], ended_at: datetime | None
) -> None:
    """Keep how far a file has come; where that is its end, its content goes."""
    row = queries.file_of(session, file_id, actor)
    row.report, row.ended_at = dict(report), ended_at
    if ended_at is not None:
        row.content = None
    session.flush()


def _taking(row: ReferralFile) -> Taking:
    content = SentFile.from_text(row.content).content if row.content else b""
    is_done = row.ended_at is not None
    owner = row.user_id, row.organisation_id
    return Taking(row.id, *owner, row.started_at, is_done, content, row.report or {})


def drop_file(session: Session, file_id: UUID, actor: Actor, clock: Clock) -> None:
    """Delete a file and its key."""
    _remove(session, queries.file_of(session, file_id, actor), clock)


def _remove(session: Session, row: ReferralFile, clock: Clock) -> None:
    destroy_key(session, row.subject_id, clock.now())
    session.delete(row)
    session.flush()


def take_rows(
    session: Session, rows: Sequence[FileRow], organisation_id: UUID, actor: Actor, clock: Clock
) -> list[Landed]:
    """Take in one batch of rows, each wholly or not at all; what is here already stays as it is.

    Refusals come before anything of the row is written, so that good rows land beside bad ones.
    """
    queries.lock_name(session, blind_index("referral_import_lock", str(organisation_id)))
    here = _already(session, rows, organisation_id)
    return [_take(session, row, here, _Sender(organisation_id, actor, clock)) for row in rows]


def check_rows(
    session: Session, rows: Sequence[FileRow], organisation_id: UUID, clock: Clock
) -> list[Landed]:
    """What would become of the rows, without writing any: for the preview."""
    here = _already(session, rows, organisation_id)
    return [_look(row, here, clock) for row in rows]


@dataclass(frozen=True, slots=True)
class _Sender:
    organisation_id: UUID
    actor: Actor
    clock: Clock


class _Here:
    """What the organisation has sent before, the rows of this batch included."""

    def __init__(self, known: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        self.keys: set[bytes] = set()
        self.references: set[bytes] = set()
        for reference, key in known:
            self.add(reference, key)

    def add(self, reference: bytes | None, key: bytes | None) -> None:
        self.keys |= {key} if key else set()
        self.references |= {reference} if reference else set()


def _already(session: Session, rows: Sequence[FileRow], organisation_id: UUID) -> _Here:
    references = [one for row in rows for one in external_keys(row.new.external_reference)]
    keys = [fingerprint(row.content) for row in rows]
    return _Here(queries.already_imported(session, organisation_id, references, keys))


def _known(row: FileRow, here: _Here) -> Landed | None:
    """Sent before with the same words: unchanged. The same reference with other words: refused."""
    if fingerprint(row.content) in here.keys:
        return Landed(row.line, UNCHANGED)
    if not here.references.isdisjoint(external_keys(row.new.external_reference)):
        words = (
            "You have sent this reference before with other details. Change the referral in the hub instead."
        )
        return Landed(row.line, REFUSED, RuleBroken(words, field="external_reference"))
    return None


def _take(session: Session, row: FileRow, here: _Here, sender: _Sender) -> Landed:
    if known := _known(row, here):
        return known
    key = fingerprint(row.content)
    try:
        submit(session, in_file(row.new, sender.organisation_id, key), sender.actor, sender.clock)
    except (RuleBroken, Conflict) as refusal:
        return Landed(row.line, REFUSED, refusal)
    here.add(_stored(row.new), key)
    return Landed(row.line, ADDED)


def _look(row: FileRow, here: _Here, clock: Clock) -> Landed:
    if known := _known(row, here):
        return known
    try:
        require_submittable(replace(row.new, channel=Channel.FILE), clock.today())
    except RuleBroken as refusal:
        return Landed(row.line, REFUSED, refusal)
    here.add(_stored(row.new), fingerprint(row.content))
    return Landed(row.line, READY)


def _stored(new: NewReferral) -> bytes | None:
    return next(iter(external_keys(new.external_reference)), None)


def fingerprint(content: str) -> bytes:
    """Finds a row that was sent before, without telling what it says."""
    return blind_index("referral_import", content)
