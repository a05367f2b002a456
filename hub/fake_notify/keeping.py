"""What the phones showed, kept in a file of JSON lines: the next start of the demo shows it again.

Each change is one line at the end; a line that was not finished (the machine stopped) is passed over. At each
start the file is written anew with what still counts, whole or not at all, readable by its owner alone.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.fake_notify.records import Notification, ReceivedText

MOST_KEPT = 2000  # of texts and e-mails, the newest
Line = dict[str, Any]


class Keeper:
    """The file at `path`. `told` in a line: the hub has taken the callback about it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[list[tuple[Notification, bool]], list[tuple[ReceivedText, bool]]]:
        """(texts and e-mails, texts from phones), each with whether the hub has been told; the file is tidied."""
        sent: dict[str, tuple[Notification, bool]] = {}
        received: dict[str, tuple[ReceivedText, bool]] = {}
        for line in self._lines():
            try:
                _take(line, sent, received)
            except (KeyError, TypeError, ValueError):  # of another version of this program
                continue
        orders = sorted([one.order for one, _ in sent.values()] + [one.order for one, _ in received.values()])
        oldest = orders[-MOST_KEPT:][0] if orders else 0
        kept_sent = [one for one in sent.values() if one[0].order >= oldest]
        kept_received = [one for one in received.values() if one[0].order >= oldest]
        self.write(
            [_line(one) | {"told": told} for one, told in kept_sent]
            + [_line(one) | {"told": told} for one, told in kept_received]
        )
        return kept_sent, kept_received

    def keep(self, one: Notification | ReceivedText) -> None:
        """A new message, or one whose status has changed."""
        self._append(_line(one))

    def told(self, message_id: str) -> None:
        """The hub has taken the callback about this message."""
        self._append({"what": "told", "id": message_id})

    def write(self, lines: Iterable[Line]) -> None:
        """Put these lines in the place of the file."""
        part = self._path.with_name(self._path.name + ".part")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(_dumped(line) for line in lines)
        part.replace(self._path)

    def _append(self, line: Line) -> None:
        place = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(place, _dumped(line).encode())
        finally:
            os.close(place)

    def _lines(self) -> Iterable[Line]:
        if not self._path.exists():
            return
        for text in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def _line(one: Notification | ReceivedText) -> Line:
    return {"what": "sent" if isinstance(one, Notification) else "received", **asdict(one)}


def _take(
    line: Line, sent: dict[str, tuple[Notification, bool]], received: dict[str, tuple[ReceivedText, bool]]
) -> None:
    """What one line says about the messages so far."""
    id_, told = line["id"], bool(line.get("told"))
    if line["what"] == "sent":
        sent[id_] = _notification(line), told
    elif line["what"] == "received":
        received[id_] = _text(line), told
    elif id_ in sent:
        sent[id_] = sent[id_][0], True
    elif id_ in received:
        received[id_] = received[id_][0], True


def _dumped(line: Line) -> str:
    return json.dumps(line, default=datetime.isoformat, ensure_ascii=False) + "\n"


def _notification(line: Line) -> Notification:
    ended = line["completed_at"]
    return Notification(
        kind=line["kind"],
        to=line["to"],
        body=line["body"],
        subject=line["subject"],
        reference=line["reference"],
        template_id=line["template_id"],
        created_at=datetime.fromisoformat(line["created_at"]),
        id=line["id"],
        status=line["status"],
        completed_at=datetime.fromisoformat(ended) if ended else None,
        order=line["order"],
    )


def _text(line: Line) -> ReceivedText:
    at = datetime.fromisoformat(line["received_at"])
    return ReceivedText(line["from_number"], line["message"], at, line["id"], line["order"])
