"""What is judged of one token's claims: every limit to the last byte, and each defect told once."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import DECISIONS
from ectgraph.encoding import hash_of
from ectgraph.model import Finding, Severity, Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES
from ectgraph.rules.claims import not_a_uri
from ectgraph.testing import EPOCH, Sketch, jwks, sketch, token

HEADER_01 = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}
POLICY = Policy()
URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
    r"(?:#(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)
"""A scheme, a colon, and characters that a URI may have, a fragment at the end among them."""

both_drafts = pytest.mark.parametrize("draft", ["00", "01"])


def only_finding(text: str) -> Finding:
    (finding,) = sketch(text).lint().findings
    return finding


# Ids, ECT112


@given(
    st.uuids().map(str)
    | st.uuids().map(lambda made: str(made).upper())
    | st.uuids().map(lambda made: made.hex)
    | st.uuids().map(lambda made: made.urn)
    | st.text("0123456789abcdefgABCDEF-{}", max_size=40)
    | st.tuples(st.uuids().map(str), st.sampled_from("\n g-é\uff15")).map("".join)
)
def test_an_id_is_a_uuid_when_it_is_how_uuids_are_written(text):
    try:
        usual = str(uuid.UUID(text)) == text.lower()
    except ValueError:
        usual = False

    assert (RULES["ECT112"].look(Token(jti=text), POLICY) == ()) == usual
    assert (RULES["ECT112"].look(Token(wid=text), POLICY) == ()) == usual


def test_digits_of_other_scripts_make_no_uuid():
    assert RULES["ECT112"].look(Token(jti="\uff1550e8400-e29b-41d4-a716-446655440000"), POLICY)


@pytest.mark.parametrize(
    ("changes", "witnesses"),
    [
        ({}, []),
        ({"jti": "t1"}, ["jti"]),
        ({"wid": "w1"}, ["wid"]),
        ({"jti": "t1", "wid": "w1"}, ["jti", "wid"]),
    ],
)
def test_each_odd_id_is_told_and_absent_ones_are_not(claims, changes, witnesses):
    made = claims(**changes)

    hits = RULES["ECT112"].look(Token(jti=made["jti"], wid=made.get("wid")), POLICY)

    assert [hit.witness for hit in hits] == witnesses
    assert all(repr(made[hit.witness]) in hit.message for hit in hits)


def test_an_id_that_is_no_text_is_told_as_ill_typed_and_not_as_no_uuid(codes_of, claims):
    assert codes_of(claims(wid=7)) == ["ECT111"]
    assert codes_of(claims(jti=7)) == ["ECT111"]
    assert codes_of(claims(jti=None)) == ["ECT110"]


# Policy and decision, ECT120


@pytest.mark.parametrize(
    ("top", "codes"),
    [
        ({}, []),
        ({"pol": "p1", "pol_decision": "approved"}, []),
        ({"pol_decision": "approved"}, []),
        ({"pol": "p2"}, ["ECT120"]),
        ({"pol_decision": "rejected"}, ["ECT120"]),
        ({"pol": "p2", "pol_decision": "rejected"}, ["ECT120", "ECT120"]),
        ({"pol": 7}, ["ECT111"]),
    ],
)
def test_a_policy_in_two_places_has_one_value(codes_of, claims, top, codes):
    below = {"pol": "p1", "pol_decision": "approved"}

    assert codes_of(claims(par=None, pred=[], ect_ext=below, **top), HEADER_01) == codes


def test_two_decisions_are_told_with_both(claims, ring):
    below = {"pol": "p1", "pol_decision": "approved"}
    made = claims(par=None, pred=[], ect_ext=below, pol_decision="rejected")

    (finding,) = Sketch((token(made, "agent-a"),), ring).lint().findings

    assert (finding.code, finding.severity) == ("ECT120", Severity.ERROR)
    assert (
        finding.message == "'pol_decision' is 'rejected' at the top and 'approved' in the extension"
    )


# Hashes, ECT113


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize("prefix", ["", "sha-256:", "sha-384:", "sha-512:"])
@pytest.mark.parametrize("size", [0, 31, 32, 33, 47, 48, 49, 63, 64, 65])
def test_a_hash_has_the_length_of_its_kind_and_no_other(codes_of, claims, prefix, size):
    fits = {"": 32, "sha-256:": 32, "sha-384:": 48, "sha-512:": 64}[prefix] == size
    value = prefix + b64(b"\xfb" * size)
    early = {"pol": "p1", "pol_decision": "approved"}  # whose form the prefix is

    for name in ("inp_hash", "out_hash"):
        expected = [] if fits else ["ECT111" if value == "" else "ECT113"]
        assert codes_of(claims(**early, **{name: value})) == expected


def test_both_hashes_are_told_apart():
    first, second = sketch("a@0 inp_hash=abc out_hash=sha-1:abc").lint().findings

    assert (first.code, second.code) == ("ECT113", "ECT113")
    assert first.fingerprint != second.fingerprint
    assert "inp_hash" in first.message
    assert "'sha-1'" in second.message


@pytest.mark.parametrize("value", [7, None, [43 * "A"], True])
def test_a_hash_that_is_no_text_is_ill_typed_and_nothing_else(codes_of, claims, value):
    assert codes_of(claims() | {"out_hash": value}) == ["ECT111"]


# The extension, ECT115 and ECT116


def with_extension(claims: Any, draft: str, extension: Any) -> dict[str, Any]:
    if draft == "00":
        return claims(ext=extension)
    return claims(par=None, pred=[], ect_ext=extension)


def extension_of(size: int, filler: str = "x") -> dict[str, str]:
    """An extension that takes so many bytes as compact JSON."""
    room = size - len('{"note":""}')
    each = len(filler.encode())
    made = {"note": filler * (room // each) + "x" * (room % each)}
    assert len(json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()) == size
    return made


@both_drafts
@pytest.mark.parametrize("filler", ["x", "é", "日", "\U0001f600"])
def test_an_extension_of_4096_bytes_is_the_largest(codes_of, claims, draft, filler):
    for size, codes in ((4095, []), (4096, []), (4097, ["ECT115"])):
        made = with_extension(claims, draft, extension_of(size, filler))
        assert codes_of(made, HEADER_01 if draft == "01" else None) == codes


def test_white_space_around_an_extension_does_not_count(codes_of, claims):
    made = json.dumps(claims(ext=extension_of(4096)), indent=9, ensure_ascii=False).encode()

    assert codes_of(made) == []


@both_drafts
@pytest.mark.parametrize("text", ["!ext-large", 'ext={"a":{"b":{"c":{"d":{"e":1}}}}}'])
def test_an_extension_beyond_its_limits_is_an_error_in_draft_01_alone(draft, text):
    finding = only_finding(f"a@0 draft={draft} {text}")

    assert finding.code in ("ECT115", "ECT116")
    assert finding.severity is (Severity.ERROR if draft == "01" else Severity.WARNING)


def test_an_extension_of_the_early_draft_only_should_be_small():
    finding = only_finding("a@0 pol=p pol_decision=approved !ext-large")

    assert (finding.code, finding.severity) == ("ECT115", Severity.WARNING)


def test_the_caller_decides_last_how_bad_a_large_extension_is():
    drawn = sketch("a@0 draft=01 !ext-large")
    policy = Policy(severities={"ECT115": Severity.NOTE})

    (finding,) = Sketch(drawn.records, drawn.ring, policy).lint().findings

    assert finding.severity is Severity.NOTE


def test_a_large_extension_is_told_with_its_size():
    assert only_finding("a@0 !ext-large").evidence == {"bytes": 4107, "max_ext_bytes": 4096}
    assert only_finding('a@0 ext={"a":1}; !max_ext_bytes=6').evidence == {
        "bytes": 7,
        "max_ext_bytes": 6,
    }
    assert sketch('a@0 ext={"a":1}; !max_ext_bytes=7').codes() == []


def test_numbers_of_any_size_can_be_in_an_extension(codes_of, claims):
    assert codes_of(claims(ext={"n": [1e308, 5e-324, 2**53 - 1, 1 - 2**53]})) == []
    assert codes_of(claims(ext={"n": [10**40, -(2**64)]})) == ["ECT007"]


@both_drafts
@pytest.mark.parametrize(
    ("extension", "deep"),
    [
        ({}, False),
        ({"a": {"b": {"c": {"d": 1}}}}, False),
        ({"a": {"b": {"c": {"d": {}}}}}, False),
        ({"a": {"b": {"c": {"d": []}}}}, False),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, True),
        ({"a": {"b": {"c": {"d": {"e": None}}}}}, True),
        ({"a": {"b": {"c": {"d": {"e": {}}}}}}, True),
        ({"a": [[[1]]]}, False),
        ({"a": [[[[1]]]]}, True),
        ({"a": 1, "b": [1, [2, [3, [4, [5]]]]]}, True),
        ({"a": [1] * 500}, False),
    ],
)
def test_an_extension_has_five_levels_its_innermost_value_counted(
    codes_of, claims, draft, extension, deep
):
    made = with_extension(claims, draft, extension)

    assert codes_of(made, HEADER_01 if draft == "01" else None) == (["ECT116"] if deep else [])


def test_the_depth_of_an_extension_is_the_policys(codes_of, claims):
    made = claims(ext={"a": {"b": 1}})

    assert codes_of(made, max_ext_depth=3) == []
    assert codes_of(made, max_ext_depth=2) == ["ECT116"]


def test_an_extension_may_be_too_large_and_too_deep(codes_of, claims):
    made = claims(ext={"a": {"b": {"c": {"d": {"e": "x" * 5000}}}}})

    assert codes_of(made) == ["ECT115", "ECT116"]


def test_an_unsigned_token_has_its_extension_judged_too():
    text = 'a@0 draft=01 ext={"a":1} !unsigned; !max_ext_bytes=6; !minimum_level=L1'

    assert sketch(text).codes() == ["ECT115"]


# Decisions, and their policies, ECT119 and ECT120


@both_drafts
@pytest.mark.parametrize("decision", DECISIONS)
def test_the_three_decisions_are_known(draft, decision):
    assert sketch(f"a@0 pol=p pol_decision={decision} draft={draft}").codes() == []


@both_drafts
@pytest.mark.parametrize("decision", ["Approved", "APPROVED", "approve", "pending", "0", "none"])
def test_any_other_decision_is_none(draft, decision):
    finding = only_finding(f"a@0 pol=p pol_decision={decision} draft={draft}")

    assert finding.code == "ECT119"
    assert repr(decision) in finding.message


@pytest.mark.parametrize("decision", ["", None, 1, True, ["approved"]])
def test_a_decision_that_is_no_text_is_ill_typed_and_nothing_else(codes_of, claims, decision):
    assert codes_of(claims() | {"pol": "p", "pol_decision": decision}) == ["ECT111"]
    inner = {"pol": "p", "pol_decision": decision}
    assert codes_of(claims(par=None, pred=[], ect_ext=inner), HEADER_01) == ["ECT111"]


@both_drafts
@pytest.mark.parametrize("decision", [None, "approved", 7, ""])
@pytest.mark.parametrize("policy", [None, "p1", 7, ""])
def test_a_policy_goes_with_a_decision_and_a_defect_is_told_once(
    codes_of, claims, draft, policy, decision
):
    pair = {"pol": policy, "pol_decision": decision}
    there = {name: value for name, value in pair.items() if value is not None}
    ill_typed = [value for value in there.values() if value in (7, "")]
    unpaired = len(there) == 1 and not ill_typed
    made = claims(**there) if draft == "00" else claims(par=None, pred=[], ect_ext=there)

    expected = ["ECT111"] * len(ill_typed) + ["ECT120"] * unpaired

    assert codes_of(made, HEADER_01 if draft == "01" else None) == expected


@pytest.mark.parametrize(("stated", "absent"), [("pol", "pol_decision"), ("pol_decision", "pol")])
def test_an_unpaired_policy_says_which_half_is_there(stated, absent):
    finding = only_finding(f"a@0 {stated}=approved")

    assert (finding.code, finding.message) == ("ECT120", f"'{stated}' without '{absent}'")


def test_a_policy_that_is_null_is_ill_typed_and_not_unpaired(codes_of, claims):
    made = claims() | {"pol": None, "pol_decision": "approved"}

    assert codes_of(made) == ["ECT111"]


def test_the_halves_of_a_policy_may_stand_inside_and_outside_the_extension(codes_of, claims):
    made = claims(par=None, pred=[], pol="p", ect_ext={"pol_decision": "approved"})

    assert codes_of(made, HEADER_01) == []


# The subject, ECT121


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"sub": "spiffe://example.com/agent/a"}, []),
        ({"sub": "spiffe://example.com/agent/A"}, ["ECT121"]),
        ({"sub": "spiffe://example.com/agent/a/"}, ["ECT121"]),
        ({"sub": 7}, ["ECT111"]),
        ({"sub": ""}, ["ECT111"]),
        ({"sub": "x", "iss": None}, ["ECT110"]),
        ({"sub": "x", "iss": 7}, ["ECT111"]),
    ],
)
def test_a_subject_is_the_issuer_to_the_letter(codes_of, claims, changes, codes):
    assert codes_of(claims(**changes)) == codes


# The audience, ECT122


@pytest.mark.parametrize(
    ("aud", "codes"),
    [
        ("urn:gate", []),
        (["urn:gate"], []),
        (["urn:other", "urn:gate", "urn:third"], []),
        ("urn:gate/", ["ECT122"]),
        ("urn:Gate", ["ECT122"]),
        ("urn:gateway", ["ECT122"]),
        (["u:g", "u:a", "u:t", "u:e"], ["ECT122"]),
        (None, ["ECT110"]),
        ([], ["ECT111"]),
        (7, ["ECT111"]),
    ],
)
def test_a_token_is_for_those_whom_it_names(codes_of, claims, aud, codes):
    assert codes_of(claims(aud=aud), audience="urn:gate") == codes


def test_a_verifier_that_does_not_say_who_it_is_takes_any_audience(codes_of, claims):
    assert codes_of(claims(aud="urn:somebody:else")) == []


def test_a_token_for_others_is_told_with_their_names():
    finding = only_finding("a@0 aud=urn:other; !audience=urn:gate")

    assert finding.message == "it is for urn:other, not for urn:gate"
    assert finding.evidence == {"aud": ["urn:other"], "verifier": "urn:gate"}


# The form of hashes, ECT114

PREFIXED = f"sha-256:{43 * 'A'}"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"ext": {"pol": "p", "pol_decision": "approved"}}, True),
        ({"sub": "spiffe://example.com/agent/a"}, False),
        ({"pol": "p", "pol_decision": "approved"}, False),
        ({"out_hash": f"sha-384:{64 * 'A'}"}, True),
        ({"out_hash": f"sha-512:{86 * 'A'}"}, True),
        ({"out_hash": 43 * "A"}, False),
        ({"out_hash": "sha-256:AA"}, False),
        ({"out_hash": "a:b"}, False),
    ],
)
def test_a_prefix_is_old_where_nothing_else_is_of_the_early_draft(codes_of, claims, changes, found):
    assert ("ECT114" in codes_of(claims(**{"out_hash": PREFIXED} | changes))) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "spiffe://example.com/agent/a"},
        {"pol": "p", "pol_decision": "approved"},
        {"ect_ext": {"pol": "p", "pol_decision": "approved"}},
    ],
)
def test_a_prefix_is_old_in_draft_01_whatever_else_there_is(codes_of, claims, changes):
    made = claims(par=None, pred=[], inp_hash=PREFIXED, **changes)

    assert codes_of(made, HEADER_01) == ["ECT114"]


def test_two_old_hashes_are_told_as_one():
    finding = only_finding(f"a@0 inp_hash={PREFIXED} out_hash={PREFIXED}")

    assert finding.severity is Severity.NOTE
    assert finding.message.startswith("'inp_hash' and 'out_hash': ")
    assert "'inp_hash'" not in only_finding(f"a@0 out_hash={PREFIXED}").message


def test_an_old_hash_next_to_one_that_is_none_is_told_alone():
    first, second = sketch(f"a@0 inp_hash=sha-1:abc out_hash={PREFIXED}").lint().findings

    assert (first.code, second.code) == ("ECT113", "ECT114")
    assert "'out_hash'" in second.message
    assert "inp_hash" not in second.message


# Keys inside tokens, ECT105


@pytest.mark.parametrize("signer", ["agent-a", "stranger"])
def test_a_key_inside_a_token_is_told_and_changes_nothing_else(claims, ring, signer):
    inside = {"jwk": jwks(signer)["keys"][0], "x5u": "https://evil.example/", "x5t": "3q2-7w"}
    header = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}
    bare, with_key = (
        Sketch((token(claims(), signer, header | members),), ring) for members in ({}, inside)
    )

    assert bare.ledger()[0].trust is with_key.ledger()[0].trust
    told = [finding for finding in with_key.lint().findings if finding.code == "ECT105"]
    assert with_key.codes() == sorted({"ECT105", *bare.codes()})
    assert [finding.message.rpartition(": ")[2] for finding in told] == [
        "'jwk' is in it",
        "'x5u' is in it",
    ]
    assert len({finding.fingerprint for finding in told}) == 2
    assert {finding.severity for finding in told} == {Severity.WARNING}


# Names that are URIs, ECT118


@pytest.mark.parametrize(
    ("text", "is_uri"),
    [
        ("spiffe://example.com/agent/a", True),
        ("https://user@[2001:db8::1]:8443/a?b=c&d=%7Be%7D#f", True),
        ("urn:uuid:550e8400-e29b-41d4-a716-446655440000", True),
        ("mailto:a@example.com", True),
        ("A+b-c.9:x", True),
        ("x:", True),
        ("x:%00", True),
        ("alice", False),
        ("example.com/agent/a", False),
        ("//example.com/a", False),
        ("/a", False),
        (":a", False),
        ("1a:b", False),
        ("a_b:c", False),
        ("\u00e9:a", False),
        ("urn:\u00e9", False),
        ("urn:a b", False),
        ("urn:a\n", False),
        ("urn:a\0", False),
        ("urn:a\u202e", False),
        ("urn:<a>", False),
        ('urn:"a"', False),
        ("urn:a\\b", False),
        ("urn:a%", False),
        ("urn:a%4", False),
        ("urn:a%4g", False),
        ("urn:a%%41", False),
        ("urn:a#b#c", False),
        (" urn:a", False),
        ("http\uff1a//example.com", False),
    ],
)
def test_a_uri_is_written_as_rfc_3986_has_it(text, is_uri):
    look = RULES["ECT118"].look

    assert (look(Token(iss=text, aud=("urn:a",)), POLICY) == ()) == is_uri
    assert (look(Token(iss="urn:a", aud=("urn:b", text)), POLICY) == ()) == is_uri
    assert (look(Token(aud=(text + 300 * "x",)), POLICY) == ()) == is_uri


@given(st.from_regex(URI, fullmatch=True) | st.text("a:%4#/é ", max_size=20))
def test_a_uri_is_one_by_the_grammar(text):
    assert (RULES["ECT118"].look(Token(iss=text), POLICY) == ()) == bool(URI.fullmatch(text))


def test_names_that_are_absent_or_ill_typed_are_no_uris_and_not_told_as_such(codes_of, claims):
    assert codes_of(claims(iss=None, aud=None)) == ["ECT110", "ECT110"]
    assert codes_of(claims(iss=7, aud=[])) == ["ECT111", "ECT111"]


def test_all_names_that_are_no_uris_are_one_finding(claims, ring):
    made = claims(iss="alice", aud=["gate", "urn:b", "a b", "c", "d"])

    (finding,) = Sketch((token(made, "agent-a"),), ring).lint().findings

    assert (finding.code, finding.severity) == ("ECT118", Severity.WARNING)
    assert finding.message == (
        "no absolute URI: 'iss' names 'alice' and 'aud' names 'gate', 'a b', 'c' and 1 more"
    )
    assert finding.evidence == {"iss": ["alice"], "aud": ["gate", "a b", "c", "d"]}


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "a:" + "%41" * 300_000 + "%", "a:" + "#" * 10**6, "\U0001f600" * 10**6]
)
def test_names_without_end_are_told_in_short_and_in_no_time(text):
    begin = time.process_time()
    (hit,) = RULES["ECT118"].look(Token(iss=text, aud=(text,) * 50), POLICY)

    assert time.process_time() - begin < 5
    assert len(hit.message) < 400
    assert len(hit.evidence["aud"]) == 20
    assert all(len(told) <= 200 for told in hit.evidence["aud"])


def test_not_every_name_there_ever_was_is_remembered():
    look, names = RULES["ECT118"].look, 2 * not_a_uri._MOST_CACHED

    for number in range(names):
        assert look(Token(iss=f"urn:{number}", aud=("urn:" + "x" * 1000,)), POLICY) == ()

    assert not_a_uri._is_known_uri.cache_info().currsize <= not_a_uri._MOST_CACHED


# Undoing, ECT703


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ({"compensation_required": True}, "states no reason"),
        ({"compensation_required": True, "compensation_reason": ""}, "is empty"),
        ({"compensation_required": True, "compensation_reason": " \n"}, "is empty"),
        ({"compensation_required": True, "compensation_reason": "\u200b\x00\u00a0"}, "is empty"),
        ({"compensation_required": True, "compensation_reason": "\u200bé"}, None),
        ({"compensation_required": True, "compensation_reason": None}, "is no text"),
        ({"compensation_required": True, "compensation_reason": ["x"]}, "is no text"),
        ({"compensation_required": True, "compensation_reason": "no budget"}, None),
        ({"compensation_required": False}, None),
        ({"compensation_required": "true"}, None),
        ({"compensation_reason": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_who_undoes_something_says_why(extension, said):
    hits = RULES["ECT703"].look(Token(ext=extension), POLICY)

    assert [said in hit.message for hit in hits] == ([] if said is None else [True])


# Hashes of nothing, ECT802

TRIVIAL = [b"", b"\n", b" ", b"{}", b"[]", b"null", b"true", b"false", b"0", b"1", b'""']
TRIVIAL += [data + b"\n" for data in TRIVIAL[3:]]


@pytest.mark.parametrize("data", TRIVIAL)
@pytest.mark.parametrize(
    ("prefix", "algorithm"),
    [("", "sha256"), ("sha-256:", "sha256"), ("sha-384:", "sha384"), ("sha-512:", "sha512")],
)
def test_the_hash_of_nothing_is_known_by_any_algorithm(data, prefix, algorithm):
    value = prefix + b64(hashlib.new(algorithm, data).digest())

    for name in ("inp_hash", "out_hash"):
        (hit,) = RULES["ECT802"].look(Token(**{name: value}), POLICY)
        assert hit.message == f"{name!r} is the hash of {hit.evidence['of']}"
        assert (hit.evidence["claim"], hit.evidence["hash"]) == (name, value)
        assert hit.witness == name


def test_each_trivial_input_is_told_by_its_own_name():
    hits = [RULES["ECT802"].look(Token(inp_hash=hash_of(data)), POLICY)[0] for data in TRIVIAL]

    assert len({hit.evidence["of"] for hit in hits}) == len(TRIVIAL)
    assert "empty input" in hits[0].message
    assert "an empty JSON object and a line break" in hits[TRIVIAL.index(b"{}\n")].message


@pytest.mark.parametrize(
    "value",
    [
        hash_of(b"  "),
        hash_of(b"{ }"),
        hash_of(b"")[:-1],
        hash_of(b"") + "=",
        "sha-384:" + hash_of(b""),
        b64(hashlib.sha512(b"").digest()),
        None,
    ],
)
def test_the_hash_of_anything_else_is_not_known(value):
    assert not RULES["ECT802"].look(Token(inp_hash=value, out_hash=value), POLICY)


def test_both_hashes_of_nothing_are_told():
    value = hash_of(b"")
    first, second = sketch(f"a@0 inp_hash={value} out_hash={value}").lint().findings

    assert {first.code, second.code} == {"ECT802"}
    assert first.fingerprint != second.fingerprint


# Whatever the claims say


def test_a_token_from_a_year_that_no_calendar_knows_is_judged_all_the_same(codes_of, claims):
    assert codes_of(claims(iat=2**53 - 700, exp=2**53 - 100), at=EPOCH) == ["ECT408"]
