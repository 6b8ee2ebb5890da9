"""The maker of faults: each spoils a token in the one way that its name says."""

from __future__ import annotations

import pytest

from ectgraph.encoding import decode_base64url
from ectgraph.model import Trust
from ectgraph.signature import ORDER
from ectgraph.testing import FAULTS, FORMS, Draft, seal, sketch


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_spoils_the_token_and_always_in_the_same_way(fault: str):
    (good,) = sketch("b@5<a").records
    (bad,) = sketch(f"b@5<a !{fault}").records

    assert bad != good
    assert sketch(f"b@5<a !{fault}").records == (bad,)


FACTS = {
    "oversized": ("oversized-record", "record"),
    "padded": ("bad-encoding", "signature"),
    "trailing-bits": ("bad-encoding", "signature"),
    "nan": ("bad-json", "payload"),
    "cut": ("bad-json", "payload"),
    "nested": ("bad-json", "payload"),
    "twice": ("duplicate-member", "payload"),
    "crit": ("unknown-critical", "crit"),
    "jwk": ("key-in-token", "header"),
    "iat-string": ("ill-typed-claim", "iat"),
    "iat-true": ("ill-typed-claim", "iat"),
    "two-lists": ("two-parent-lists", "par"),
    "flipped": ("bad-signature", "signature"),
    "short": ("bad-signature", "signature"),
    "stranger": ("bad-signature", "signature"),
    "unsigned": ("below-minimum-level", "signature"),
    "no-exp": ("missing-claim", "exp"),
}


@pytest.mark.parametrize("fault", FACTS)
def test_a_fault_is_one_fault(fault: str):
    (entry,) = sketch(f"b@5<a !{fault}").ledger()

    assert [(problem.kind, problem.where) for problem in entry.problems] == [FACTS[fault]]


def test_an_extension_can_be_too_large_and_all_else_right():
    for draft, severity in (("00", None), ("01", "error")):
        (entry,) = sketch(f"b@5<a draft={draft} !ext-large").ledger()

        assert entry.problems == ()
        assert [(code, hit.severity) for code, hit in entry.hits] == [("ECT115", severity)]


def test_every_fault_is_known_here():
    assert set(FACTS) == {*FAULTS, "no-exp"} - {"ext-large"}


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("short", "63 bytes"),
        ("iat-true", "true"),
        ("iat-string", '"1771943005"'),
        ("trailing-bits", "trailing bits"),
        ("nan", "NaN"),
        ("nested", "deeper than 64"),
        ("twice", "exec_act"),
        ("crit", "b64"),
        ("jwk", "jwk"),
        ("flipped", "agent-a"),
        ("two-lists", "par names 1 tasks, pred 0"),
    ],
)
def test_a_fault_is_the_one_that_its_name_says(fault: str, detail: str):
    (entry,) = sketch(f"b@5<a !{fault}").ledger()

    assert detail in entry.problems[0].detail


def test_a_draft_can_be_sealed_with_another_payload():
    draft = Draft({"alg": "ES256", "kid": "a"}, {"jti": "x"}, "a")

    assert draft.seal() == seal(b'{"alg":"ES256","kid":"a"}', b'{"jti":"x"}', "a")
    assert draft.seal(b"{}") == seal(b'{"alg":"ES256","kid":"a"}', b"{}", "a")


# Forms


def halves(record: bytes) -> tuple[bytes, int]:
    """r and s of a signature."""
    mark = decode_base64url(record.rpartition(b".")[2])
    return mark[:32], int.from_bytes(mark[32:])


@pytest.mark.parametrize("name", ["b", "c", "d", "e", "f", "g"])
def test_a_signature_has_a_high_and_a_low_form_and_one_of_them_is_as_it_was_made(name: str):
    forms = [
        sketch(f"{name}@5<a by=agent-b{form}").records[0] for form in ("", " !high-s", " !low-s")
    ]
    made, high, low = map(halves, forms)

    assert made in (high, low)
    assert high[0] == low[0]
    assert high[1] + low[1] == ORDER
    assert low[1] < high[1]
    assert {form.rpartition(b".")[0] for form in forms} == {forms[0].rpartition(b".")[0]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("option", ["", "by=agent-b", "draft=01"])
def test_a_token_in_another_form_is_right(form: str, option: str):
    (entry,) = sketch(f"a@0 {option} !{form}").ledger()

    assert entry.trust is Trust.VERIFIED
    assert entry.problems == ()


def test_a_fault_and_a_form_have_names_of_their_own():
    assert not FAULTS.keys() & FORMS.keys()
