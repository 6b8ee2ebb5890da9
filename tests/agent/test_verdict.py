"""In which order a gate looks, and which of several findings it raises."""

from __future__ import annotations

import hashlib
import itertools

import pytest

from ectgraph.agent.verdict import STEPS, findings, refuse, step
from ectgraph.errors import VerificationError
from ectgraph.model import Hit, Severity, Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES

TOKEN = Token(jti="a", wid="w")
DIGEST = hashlib.sha256(b"a token").digest()
ONE_OF_EACH = {
    2: "ECT101",
    3: "ECT102",
    4: "ECT202",
    5: "ECT206",
    6: "ECT201",
    7: "ECT205",
    8: "ECT122",
    9: "ECT408",
    11: "ECT110",
    12: "ECT113",
    13: "ECT301",
    14: "ECT303",
}


def code_raised(hits, policy: Policy | None = None, **options) -> str | None:
    try:
        refuse(hits, TOKEN, DIGEST, policy or Policy(), **options)
    except VerificationError as error:
        return error.finding.code
    return None


def test_the_steps_are_fifteen_and_every_rule_of_the_gate_is_at_one_of_them():
    assert list(STEPS) == list(range(1, 16))
    assert {rule.step for rule in RULES.values()} - {None} <= STEPS.keys()


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.step is not None])
def test_a_hit_fails_the_step_of_its_rule(code):
    assert step(code, Hit("", witness="exp")) == RULES[code].step


def test_one_rule_tells_two_steps():
    assert step("ECT408", Hit("", witness="exp")) == 9
    assert step("ECT408", Hit("", witness="iat")) == 10


def test_a_rule_that_broke_fails_at_once():
    assert step("ECT901", Hit("")) == 0


@pytest.mark.parametrize(("first", "second"), [*itertools.combinations(ONE_OF_EACH.values(), 2)])
def test_the_earlier_step_is_raised_in_whatever_order_rules_hit(first, second):
    hits = [(first, Hit("one", witness="exp")), (second, Hit("two", witness="exp"))]

    assert code_raised(hits) == code_raised(hits[::-1]) == first


def test_within_a_step_the_order_of_the_hits_stays():
    hits = [("ECT110", Hit("", witness=name)) for name in ("jti", "aud", "iss")]
    found = findings(hits, TOKEN, DIGEST, Policy())

    assert len({finding.fingerprint for finding in found}) == 3
    assert [f.fingerprint for f in found] == [
        f.fingerprint for hit in hits for f in findings([hit], TOKEN, DIGEST, Policy())
    ]


def test_nothing_is_raised_where_nothing_hit():
    assert code_raised([]) is None


def test_warnings_and_notes_pass_and_what_comes_after_them_does_not():
    warned = [("ECT101", Hit("", severity=Severity.NOTE)), ("ECT112", Hit(""))]

    assert code_raised(warned) is None
    assert code_raised([*warned, ("ECT303", Hit(""))]) == "ECT303"


def test_the_severity_of_a_hit_comes_before_that_of_its_rule():
    assert code_raised([("ECT115", Hit(""))]) is None
    assert code_raised([("ECT115", Hit("", severity=Severity.ERROR))]) == "ECT115"


def test_the_policys_severity_comes_before_both():
    lax = Policy(severities={"ECT201": Severity.NOTE, "ECT115": Severity.WARNING})

    assert code_raised([("ECT201", Hit(""))], lax) is None
    assert code_raised([("ECT115", Hit("", severity=Severity.ERROR))], lax) is None
    assert code_raised([("ECT112", Hit(""))], Policy(severities={"ECT112": Severity.ERROR}))


def test_that_a_rule_broke_is_never_made_milder():
    lax = Policy(severities={"ECT901": Severity.NOTE})

    assert code_raised([("ECT901", Hit(""))], lax) == "ECT901"


def test_what_must_not_pass_does_not_however_mild_its_findings():
    lax = Policy(severities={"ECT201": Severity.NOTE})

    assert code_raised([("ECT406", Hit("")), ("ECT201", Hit(""))], lax, anyway=True) == "ECT201"
    assert code_raised([("ECT201", Hit("")), ("ECT110", Hit(""))], lax, anyway=True) == "ECT110"


def test_a_finding_says_where_it_is():
    (finding,) = findings([("ECT201", Hit("forged", witness="x"))], TOKEN, DIGEST, Policy())

    assert (finding.code, finding.name, finding.message) == ("ECT201", "bad-signature", "forged")
    assert (finding.jti, finding.wid, finding.severity) == ("a", "w", Severity.ERROR)
    assert [place.sha256 for place in finding.places] == [DIGEST.hex()]


def test_what_has_no_jti_is_known_by_its_bytes():
    other = hashlib.sha256(b"another").digest()
    prints = {
        findings([("ECT001", Hit(""))], token, digest, Policy())[0].fingerprint
        for token in (None, Token())
        for digest in (DIGEST, other)
    }

    assert len(prints) == 2


def test_an_error_is_told_in_one_line():
    with pytest.raises(VerificationError, match=r"^ECT201 bad-signature: a\\nb$") as caught:
        refuse([("ECT201", Hit("a\nb"))], TOKEN, DIGEST, Policy())

    assert caught.value.finding.code == "ECT201"
