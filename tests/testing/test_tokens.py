"""Keys that everybody knows, and what is signed with them: other libraries take it for a token."""

from __future__ import annotations

import hashlib
import json
import re
import uuid

import jwt
import pytest

from ectgraph import loader
from ectgraph.keys import KeyRing
from ectgraph.model import Trust
from ectgraph.testing import (
    EPOCH,
    compact_json,
    jwks,
    ledger_file,
    private_key,
    sign,
    sketch,
    task_id,
    token,
)


def test_a_token_is_one_that_others_accept():
    (compact,) = sketch("a@0").records
    key = jwt.PyJWK(jwks("agent-a")["keys"][0])

    claims = jwt.decode(
        compact,
        key,
        algorithms=["ES256"],
        audience="spiffe://example.com/ledger",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert claims["jti"] == task_id("a")


def test_a_token_signed_by_hand_verifies():
    compact = token({"jti": "x", "exec_act": "é"}, "agent-q")
    (entry,) = loader.load_bytes(compact, KeyRing.from_jwks(jwks("agent-q")))

    assert entry.trust is Trust.VERIFIED
    assert entry.token.exec_act == "é"


@pytest.mark.parametrize(
    ("claims", "typ"), [({"par": []}, "wimse-exec+jwt"), ({"pred": []}, "exec+jwt")]
)
def test_a_token_has_the_typ_of_its_dialect(claims: dict[str, list[str]], typ: str):
    (entry,) = loader.load_bytes(token({"jti": "x", **claims}, "a"))

    assert entry.token.typ == typ


def test_a_header_can_be_replaced():
    (entry,) = loader.load_bytes(token({"jti": "x"}, "a", {"alg": "none"}))

    assert (entry.token.alg, entry.token.typ, entry.token.kid) == ("none", None, None)


def test_signatures_and_keys_are_functions_of_their_arguments():
    assert sign(b"x", "a") == sign(b"x", "a")
    assert len(sign(b"x", "a")) == 64
    assert sign(b"x", "a") != sign(b"x", "b")
    numbers = {private_key(name).private_numbers().private_value for name in "abc"}
    assert len(numbers) == 3


def test_the_public_keys_hold_nothing_private():
    assert [set(key) for key in jwks("a", "b")["keys"]] == [
        {"kty", "crv", "use", "alg", "kid", "x", "y"}
    ] * 2


def test_ids_are_uuids():
    assert str(uuid.UUID(task_id("a"))) == task_id("a")


def test_compact_json_has_no_spaces_and_keeps_characters():
    assert compact_json({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()


def test_a_ledger_file_is_a_hash_chain_over_its_lines():
    tokens = sketch("a@0; b@5<a; 'junk'").records
    data = ledger_file(tokens, [EPOCH, EPOCH + 5, EPOCH + 6])

    lines = data.splitlines(keepends=True)
    entries = [json.loads(line) for line in lines]
    hashes = [hashlib.sha256(line.rstrip(b"\n")).hexdigest() for line in lines]
    assert [list(entry) for entry in entries] == [
        ["seq", "recorded_at", "jti", "prev_hash", "ect"]
    ] * 3
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert [entry["prev_hash"] for entry in entries] == ["", *hashes[:-1]]
    assert [entry["ect"].encode() for entry in entries] == list(tokens)
    assert [entry["jti"] for entry in entries] == [task_id("a"), task_id("b"), ""]
    assert entries[0]["recorded_at"] == "2026-02-24T14:23:20.000Z"
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}\.000Z", e["recorded_at"]) for e in entries)
    assert b" " not in data


def test_a_ledger_file_loads_with_what_its_wrapper_says():
    tokens = sketch("a@0; b@5<a").records
    first, second = loader.load_bytes(ledger_file(tokens, [EPOCH, EPOCH + 5]))

    assert (first.seq, second.seq) == (1, 2)
    assert first.prev_hash == ""
    assert second.prev_hash == hashlib.sha256(first.record.body).hexdigest()


def test_a_ledger_file_wants_a_time_for_each_token():
    with pytest.raises(ValueError, match="shorter"):
        ledger_file(sketch("a@0; b@5<a").records, [EPOCH])
