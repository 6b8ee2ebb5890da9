"""Running the examples of a rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ectgraph import examples
from ectgraph.rule import Hit, Rule, Severity, token_rule
from ectgraph.rules import RULES


def house_rule(good: tuple[str, ...] = (), bad: tuple[str, ...] = ()) -> Rule:
    @token_rule("ACME001", "paid", Severity.NOTE, cites="", advice="", good=good, bad=bad)
    def check(token, policy):
        """Somebody was paid."""
        if token.exec_act == "break":
            raise LookupError(token.exec_act)
        return [Hit("paid")] if token.exec_act == "pay" else []

    return check


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_example_of_ours_does_what_it_should(rule: Rule):
    assert [outcome.text for outcome in examples.run(rule) if not outcome.right] == []


@pytest.mark.parametrize(
    ("text", "codes", "good", "bad"),
    [
        ("a@0", [], True, False),
        ("a@0 act=pay", ["ACME001"], False, True),
        ("a@0 act=break", ["ECT901"], False, False),
        ("a@0 act=pay; b@0<a act=break", ["ACME001", "ECT901"], False, False),
        ("a@0 act=pay jti=1", ["ACME001", "ECT112"], False, True),
        ("a@0 !flipped", ["ECT201"], False, False),
        ("a@0 act=pay; !broken-rule", ["ACME001", "ECT901"], False, False),
    ],
)
def test_an_example_is_right_or_not(text: str, codes: list[str], good: bool, bad: bool):
    one, two = examples.run(house_rule((text,), (text,)))

    assert one.codes == two.codes == codes
    assert (one.good, two.good) == (True, False)
    assert (one.right, two.right) == (good, bad)
    assert two.others == [code for code in codes if code != "ACME001"]


@pytest.mark.parametrize("text", ["a@", "a@0 nonsense", "!what=7", "a@0 !what"])
def test_a_text_that_is_no_ledger_is_a_mistake(text: str):
    for outcome in examples.run(house_rule((text,), (text,))):
        assert not outcome.right
        assert outcome.mistake
        assert outcome.findings == ()


def test_a_rule_without_examples_has_no_outcomes():
    assert examples.run(house_rule()) == []


def test_what_a_rule_proves_does_not_depend_on_its_place_in_the_catalogue():
    changed = replace(RULES["ECT406"], good=("a@0 act=pay",), advice="Other.")

    (outcome, *_) = examples.run(changed)

    assert outcome.right
