"""Any history of the audit, cut at any seals and thinned by any rule, verifies; any tampering afterwards is named.

In memory, with the arithmetic alone that the database and the exported files are verified by.
"""

from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from hub.infra.seals.chain import (
    NOTHING_BEFORE,
    Batch,
    Signer,
    leaf_of,
    make_seal,
    merkle_root,
    ranges_of,
    seqs_of,
)
from hub.infra.seals.comparing import Chain, compare, expected_entries
from hub.infra.seals.removal import Removal, removal_from, removed, signed

OURS, ANOTHER = Signer(b"o" * 32), Signer(b"x" * 32)
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


def line(seq, word="r"):
    return orjson.dumps({"seq": seq, "id": str(seq), "reason": word})


class History:
    """Entries in seals, some of them late under a lower number, and what was removed of them."""

    def __init__(self, sizes, gaps, late):
        self.entries, self.seals, self.removals = {}, [], []
        seq, held_back = 0, None
        for number, size in enumerate(sizes, 1):
            seqs = [held_back] if held_back else []
            for _ in range(size):
                seq += 1 + (seq in gaps)
                seqs.append(seq)
            held_back = seqs.pop() if number in late and number < len(sizes) and len(seqs) > 1 else None
            self._seal(number, sorted(seqs))

    def _seal(self, number, seqs):
        self.entries |= {seq: line(seq) for seq in seqs}
        leaves = [leaf_of(line(seq)) for seq in seqs]
        before = self.seals[-1][0].hash if self.seals else NOTHING_BEFORE
        batch = Batch(number, BEGAN + timedelta(days=number), seqs, leaves, before)
        self.seals.append((make_seal(batch, OURS), b"".join(leaves)))

    def remove(self, last_seal, *, whole, signer=OURS):
        """Everything up to this seal, or of that every third number."""
        gone = [one for one, _ in self.seals if one.number <= last_seal]
        seqs = sorted(seq for one in gone for seq in seqs_of(one.ranges) if seq in self.entries)
        seqs = [seq for seq in seqs if whole or seq % 3 == 0]
        if not gone or not seqs:
            return
        at = BEGAN + timedelta(days=last_seal)
        draft = Removal(
            len(self.removals) + 1, at, "rule", whole, at, gone[0].number, last_seal, ranges_of(seqs), len(seqs), BEGAN,
            at, merkle_root([leaf_of(line(seq)) for seq in seqs]), gone[-1].published() if whole else None, None, None, "",
        )  # fmt: skip
        before = self.removals[-1].hash if self.removals else NOTHING_BEFORE
        self.removals.append(signed(draft, before, signer))
        for seq in seqs:
            del self.entries[seq]
        if whole:
            self.seals = [one for one in self.seals if one[0].number > last_seal]

    def fault(self):
        known = [removal_from(orjson.loads(orjson.dumps(one.published()))) for one in self.removals]
        gone, chain = removed(known, OURS.public, {}), Chain(OURS.public)
        chain.begin_behind(gone)
        for seal, leaves in self.seals:
            chain.take(seal, leaves)
        sealed = sorted(self.seals, key=lambda one: one[0].ranges[0][0])
        expected = expected_entries((seal.number, seal.ranges, leaves) for seal, leaves in sealed)
        found = compare(expected, sorted(self.entries.items()), 2**62, gone)
        return chain.fault or found.fault


@st.composite
def histories(draw):
    """A history of 3 to 8 seals, cut up to three times; the newest seal stays."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=3, max_size=8))
    history = History(sizes, draw(st.sets(st.integers(1, 30))), draw(st.sets(st.integers(1, 8))))
    for whole in draw(st.lists(st.booleans(), min_size=1, max_size=3)):
        history.remove(draw(st.integers(1, len(sizes) - 1)), whole=whole)
    return history


@given(histories())
def test_whatever_is_cut_by_rule_verifies(history):
    assert history.fault() is None


@given(histories(), st.data())
def test_the_first_entry_tampered_with_after_a_cut_is_named(history, data):
    seq = data.draw(st.sampled_from(sorted(history.entries)))
    kind = data.draw(st.sampled_from(["altered", "missing", "reordered"]))
    if kind == "altered":
        history.entries[seq] = line(seq, "x")
    elif kind == "missing":
        del history.entries[seq]
    else:
        other = max(history.entries)
        if seq == other:
            return
        history.entries |= {seq: _as(line(other), seq), other: _as(line(seq), other)}
    fault = history.fault()
    assert fault is not None
    assert fault.seq == seq


def _as(other, seq):
    return orjson.dumps(orjson.loads(other) | {"seq": seq})


@given(histories(), st.data())
def test_no_removal_is_forged_lost_or_undone(history, data):
    """Unsigned, signed by another, altered, taken away; or entries put back that had gone."""
    if not history.removals:
        return
    at = data.draw(st.integers(0, len(history.removals) - 1))
    was = history.removals[at]
    told = was.published()
    forgery = data.draw(st.sampled_from(["unsigned", "another", "entries", "ranges", "rule", "gone", "back"]))
    if forgery == "gone":
        del history.removals[at]
    elif forgery == "back":
        seq = was.ranges[0][0]
        history.entries[seq] = line(seq)
    elif forgery == "another":
        history.removals[at] = signed(was, was.prev_hash, ANOTHER)
    else:
        told |= {
            "unsigned": {"signature": "00" * 64}, "entries": {"entries": was.entries + 1}, "rule": {"rule": "x"},
            "ranges": {"ranges": [[was.ranges[0][0], was.ranges[-1][1] + 1]]},
        }[forgery]  # fmt: skip
        history.removals[at] = removal_from(told)
    fault = history.fault()
    assert fault is not None
    if forgery == "back":
        assert (fault.kind, fault.seq) == ("returned", was.ranges[0][0])
    elif forgery != "gone":
        assert (fault.kind, fault.removal) == ("removal", at + 1)


@given(histories())
def test_what_is_not_in_the_removal_is_missing(history):
    """More taken away than the signed note says: the next seal, or the newest entry."""
    first = history.seals[0][0].number
    del history.seals[0]
    fault = history.fault()
    assert fault is not None
    if history.seals:
        assert fault.words == f"Seal {first} is missing."


def test_removals_by_somebody_else_do_not_count():
    history = History([2, 2, 2], set(), set())
    history.remove(1, whole=True, signer=ANOTHER)
    assert history.fault().words == "Removal 1 does not carry our signature."
