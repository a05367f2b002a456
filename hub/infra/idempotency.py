"""The same POST twice is done once: key, request and answer are stored in the transaction of the effect."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, wraps
from hashlib import sha256
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Response, current_app, request
from sqlalchemy import BigInteger, Select, and_, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.infra.access import current_actor
from hub.infra.db import Base, runtime, transaction
from hub.infra.rows import SCOPED, of_organisation
from hub.infra.sweeping import Sweep
from hub.infra.vault import open_transient, seal_transient
from hub.infra.writes import put

KEPT = timedelta(hours=72)
_LONGEST_KEY = 255
View = TypeVar("View", bound=Callable[..., Any])


class IdempotencyKey(Base):
    """One answered request of one organisation; the answer's body is sealed."""

    __tablename__ = "idempotency_key"
    __rows__ = of_organisation()

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)


def idempotent(view: View) -> View:
    """Make a POST repeatable under `Idempotency-Key` (optional; kept 72 hours).

    Stand outermost. Same key and request: the same answer. Another request under the key: 422
    `idempotency_key_reused`. The key in use by a running request: 409 `idempotency_key_in_use`.
    Refusals are not stored: the caller may mend the request and try again under the same key.
    """

    @wraps(view)
    def answer_once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, **kwargs)
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise RuleBroken(
                "The Idempotency-Key header takes 1 to 255 characters.", code="idempotency_key_invalid"
            )
        with transaction() as session:
            return _answer(session, current_actor(), key, lambda: view(*args, **kwargs))

    _describe(answer_once)
    return answer_once  # type: ignore[return-value]


def _describe(view: Any) -> None:
    """Name the header in the API's description."""
    told = dict(getattr(view, "_apidoc", {}))
    by_hand = dict(told.get("manual_doc", {}))
    by_hand["parameters"] = [*by_hand.get("parameters", ()), _HEADER]
    view._apidoc = told | {"manual_doc": by_hand}  # noqa: SLF001 - where flask-smorest keeps it


_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Any text of yours: the same key and body again is the same answer, for 72 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY},
}


def _answer(session: Session, actor: Actor, key: str, view: Callable[[], Any]) -> Response:
    owner = actor.organisation_id or UUID(int=0)
    known = _known(session, owner, key)
    wanted = _request_hash()
    if known is not None and runtime().clock.now() - known.created_at < KEPT:
        if known.request_hash != wanted:
            raise RuleBroken("This key was used for another request.", code="idempotency_key_reused")
        return _replay(known)
    response = current_app.make_response(view())
    if response.status_code < 400:
        if known is not None:
            session.delete(known)  # too old to count
            session.flush()
        put(session, _kept(response, owner, key, wanted))
    return response


def _known(session: Session, owner: UUID, key: str) -> IdempotencyKey | None:
    """What was answered under this key, held for this request alone.

    Lock and look in one statement: an answer that is stored between the two is not seen, and meets the unique
    key when this request stores its own (409).
    """
    asked = {"number": _lock_number(owner, key), "owner": owner, "key": key}
    free, known = session.execute(_known_statement(), asked, execution_options=SCOPED).one()
    if not free:
        raise Conflict("A request with this key is still being answered.", code="idempotency_key_in_use")
    return cast("IdempotencyKey | None", known)


@cache  # asked by every request: composed once
def _known_statement() -> Select[bool, IdempotencyKey]:
    lock = func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)).label("free")
    one = select(lock).subquery()
    mine = and_(IdempotencyKey.organisation_id == bindparam("owner"), IdempotencyKey.key == bindparam("key"))
    return select(one.c.free, IdempotencyKey).select_from(one).outerjoin(IdempotencyKey, mine)


def _kept(response: Response, owner: UUID, key: str, wanted: bytes) -> IdempotencyKey:
    return IdempotencyKey(
        organisation_id=owner,
        key=key,
        request_hash=wanted,
        status=response.status_code,
        location=response.headers.get("Location"),
        body=seal_transient(_packed(response), f"{owner}|{key}"),
        created_at=runtime().clock.now(),
    )


def _packed(response: Response) -> bytes:
    """What is told again: the version that was shown (ETag) on a line of its own, then the body."""
    return response.headers.get("ETag", "").encode() + b"\n" + response.get_data()


def _replay(known: IdempotencyKey) -> Response:
    packed = open_transient(known.body, f"{known.organisation_id}|{known.key}")
    version, _, body = packed.partition(b"\n")
    response = Response(body, known.status, mimetype="application/json")
    if version:
        response.headers["ETag"] = version.decode()
    if known.location:
        response.headers["Location"] = known.location
    response.headers["Idempotent-Replay"] = "true"
    return response


def _request_hash() -> bytes:
    """Tells whether a request is the same one. Keyed: a body is a person's data, and few phone numbers exist."""
    said = b"\n".join([request.method.encode(), request.path.encode(), request.get_data()])
    return hmac.digest(runtime().keyring.subkey("idempotent-request"), said, "sha256")


def _lock_number(owner: UUID, key: str) -> int:
    return int.from_bytes(sha256(owner.bytes + key.encode()).digest()[:8], "big", signed=True)


SWEEPS = {"request": (Sweep(IdempotencyKey, lambda now: IdempotencyKey.created_at < now - KEPT),)}
