"""Every hash under a key of ours: where it is stored, and how it is rotated, or why it need not be.

A new kind of hash in the code, or one that has gone, fails here.
"""

import ast

import hub.wiring  # noqa: F401 - loads every model
from hub.infra.db import Base
from tests.architecture.source import modules

BY_INDEX = "hub keys rotate-index"
SHORT = "not rotated: none is older than"
ROTATION = {
    # people and what is told of them
    "people_index": (("blind_index.hash",), BY_INDEX),
    "referral_person": (("referral.person_key",), BY_INDEX),
    "referral_external": (("referral.external_key",), BY_INDEX),
    "referral_self": ((), "a number of chance in the place of a person's hash"),
    "message_number": (("message.number_index", "received_text.number_index", "number_block.number_index"), BY_INDEX),
    "number-chain": ((), "carries numbers on to a later key"),
    # what repeats
    "referral_import": (("referral.import_key",), "not rotated: a whole row of a file, which nobody can guess"),
    "waiting_list_import": (("listed_place.import_key",), "not rotated: a whole row of a file, which nobody can guess"),
    "referral_import_lock": ((), "a lock's number, never stored"),
    "idempotent-request": (("idempotency_key.request_hash",), f"{SHORT} 72 hours"),
    "message_text": (("message.dedupe_key",), "not rotated: the words of a letter with the learner's id"),
    "search": (("audit_entry.reason",), "not rotated: an entry under seal cannot change; it goes with its time"),
    "rate": (("rate_count.key",), f"{SHORT} a day"),
    # secrets of chance, and what is no hash
    "recovery-code": (("recovery_code.code_hash",), "a code of chance: new codes instead"),
    "account-link": ((), "signs links that last for hours; stored is their SHA-256"),
    "fingerprint": (("key_check.fingerprint",), "tells keys apart; made anew with each key"),
    "audit-seal": (("audit_seal.signature", "audit_removal.signature"), "the seed of the signing key, which others know"),
    "audit-archive": ((), "seals files that only grow older"),
    "transient": (("idempotency_key.body",), f"{SHORT} 72 hours"),
}  # fmt: skip
MAKERS = {"blind_index", "people_indexes", "people_index", "subkey"}


def kinds() -> set[str]:
    """The words that name a key, as the code has them."""
    found = set[str]()
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in MAKERS and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_keyed_hash_says_how_it_is_rotated():
    assert kinds() | {"people_index"} == set(ROTATION)


def test_every_column_of_a_keyed_hash_is_there_and_none_is_forgotten():
    columns = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    named = {place for places, _ in ROTATION.values() for place in places}
    assert named <= columns
    looks_keyed = {
        one
        for one in columns
        if one.endswith(("_index", "person_key", "external_key", "import_key", ".hash"))
    }
    assert looks_keyed - named == PLAIN


PLAIN = {"audit_seal.hash", "audit_removal.hash", "esol_class.import_key"}
"""Hashes under no key: links of the chain of seals, what a file held."""
