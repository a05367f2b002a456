"""The copy made for somebody: kept sealed, given out behind a second check, destroyed when its days are over."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken, TooMany
from hub.core.permissions import Actor
from hub.infra import audit
from hub.policy import reads as policy
from hub.rights import queries
from hub.rights.domain.cases import Act, CaseKind, CaseState
from hub.rights.models import RightsCase, RightsPackage
from hub.rights.service import telling
from hub.rights.service.cases import close
from hub.rights.service.casework import Line, take, write

CODE_LASTS = timedelta(minutes=10)
BETWEEN_CODES = timedelta(minutes=1)
CODE_DIGITS = 7  # 23 bits; ASVS 6.5.4 asks for 20
MOST_WRONG_CODES = 5


def keep_package(
    session: Session, case_id: UUID, content: bytes, actor: Actor, clock: Clock
) -> RightsPackage:
    """Keep the copy that was made for an access request; a newer one takes the place of an older.

    RuleBroken before we know who asks; NotFound; Conflict.
    """
    row = take(session, case_id, Act.PREPARE)
    if row.kind is not CaseKind.ACCESS or row.learner_id is None or row.identity is None:
        raise RuleBroken(
            "First say which learner this is, and how you made sure who asks.", code="not_identified"
        )
    days = policy.number(session, "package_days", clock.today())
    known = queries.package_of(session, row.id, lock=True)
    package = known or RightsPackage(case_id=row.id, subject_id=row.subject_id)
    package.made_at, package.made_by, package.size = clock.now(), actor.id, len(content)
    package.sha256 = hashlib.sha256(content).hexdigest()
    package.expires_on = clock.today() + timedelta(days=days)
    package.fetched_at, package.code_hash, package.code_until, package.code_wrong = None, None, None, 0
    package.content = base64.b64encode(content).decode()
    session.add(package)
    write(session, row, Line(Act.PREPARE), actor, clock)
    _note(session, "learner.exported", row, package, actor, clock)
    return package


def _note(  # noqa: PLR0913, PLR0917 - who did what with whose copy
    session: Session, action: str, row: RightsCase, package: RightsPackage, actor: Actor, clock: Clock
) -> None:
    """A copy is everything of one person: how many bytes of it left."""
    about = ("learner", row.learner_id) if row.learner_id else ("rights_case", row.id)
    audit.record(session, actor, action, *about, clock=clock, fields=("all",), reason=f"{package.size} bytes")


def release(session: Session, row: RightsCase, clock: Clock) -> None:
    """The access request was granted: the copy may be fetched. RuleBroken while none was made."""
    package = queries.package_of(session, row.id)
    if package is None:
        raise RuleBroken("First make the copy and look at it.", field="decision", code="no_package")
    package.released_at = clock.now()


def open_package(session: Session, case_id: UUID, actor: Actor, clock: Clock) -> bytes:
    """The copy for the hub's own people: to look at it, or to hand it over. NotFound."""
    package = queries.package_of(session, case_id)
    if package is None:
        raise NotFound("There is no copy.")
    row = queries.case(session, case_id)
    _note(session, "rights.package_opened", row, package, actor, clock)
    return _content(package)


def send_code(session: Session, case_id: UUID, learner_id: UUID, clock: Clock) -> None:
    """Text the learner a new code; the one before ends. RuleBroken within a minute of the last one."""
    row, package = _own(session, case_id, learner_id, clock)
    if package.code_until is not None and package.code_until - CODE_LASTS + BETWEEN_CODES > clock.now():
        raise TooMany("A code was sent just now. Wait a minute.", code="code_sent")
    if package.code_wrong >= MOST_WRONG_CODES:
        raise TooMany("There were too many wrong codes. Call us.", code="code_locked")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    package.code_hash, package.code_until = _hash(row.id, code), clock.now() + CODE_LASTS
    telling.send(session, learner_id, "rights_code", {"code": code}, row.id, clock)


def fetch(  # noqa: PLR0913, PLR0917 - whose, which, with what
    session: Session, case_id: UUID, learner_id: UUID, code: str, actor: Actor, clock: Clock
) -> bytes | None:
    """The copy, for the right code in time; else None, and the wrong code is counted: keep the transaction.

    The code works once; five wrong ones lock it. Fetching it closes the case. NotFound, TooMany.
    """
    row, package = _own(session, case_id, learner_id, clock)
    if package.code_wrong >= MOST_WRONG_CODES:
        raise TooMany("There were too many wrong codes. Call us.", code="code_locked")
    if not _is_right(row, package, code, clock):
        package.code_wrong += 1
        return None
    package.code_hash, package.code_wrong, package.fetched_at = None, 0, clock.now()
    write(session, row, Line(Act.FETCHED), actor, clock)
    _note(session, "rights.package_fetched", row, package, actor, clock)
    if row.state is CaseState.DECIDED:
        close(session, row, "", actor, clock)
    return _content(package)


def _own(session: Session, case_id: UUID, learner_id: UUID, clock: Clock) -> tuple[RightsCase, RightsPackage]:
    """The learner's own released copy; NotFound for anything else, in the same words."""
    row = queries.case(session, case_id, lock=True)
    package = queries.package_of(session, case_id, lock=True)
    if package is None or package.released_at is None or row.learner_id != learner_id:
        raise NotFound("There is no such copy.")
    if package.expires_on < clock.today():
        raise Conflict("This copy is no longer kept. Ask for a new one.", code="package_over")
    return row, package


def _is_right(row: RightsCase, package: RightsPackage, code: str, clock: Clock) -> bool:
    if package.code_hash is None or package.code_until is None or package.code_until < clock.now():
        return False
    return hmac.compare_digest(package.code_hash, _hash(row.id, "".join(code.split())))


def _hash(case_id: UUID, code: str) -> bytes:
    """A slow hash: ten million codes cannot be tried in the ten minutes that one lives."""
    return hashlib.scrypt(code.encode(), salt=case_id.bytes, n=2**12, r=8, p=1, dklen=32)


def _content(package: RightsPackage) -> bytes:
    return base64.b64decode(package.content or "")
