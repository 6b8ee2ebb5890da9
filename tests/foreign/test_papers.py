"""Which rules are taken, and what is told of the others."""

from __future__ import annotations

import pytest

from ectgraph import foreign
from ectgraph.errors import EctgraphError
from ectgraph.rules import RULES


def refusal(*files) -> str:
    with pytest.raises(EctgraphError) as refused:
        foreign.load(files)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("code", ["AC001", "ACMEACMEAC9999", "ECA001", "EC001"])
def test_a_code_is_letters_and_digits(rule_file, code: str):
    assert code in foreign.load([rule_file(code=code)])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"code": "acme001"}, "like ACME001"),
        ({"code": "A001"}, "like ACME001"),
        ({"code": "ACME01"}, "like ACME001"),
        ({"code": "ACME00001"}, "like ACME001"),
        ({"code": "ACME001\n"}, "like ACME001"),
        ({"code": "ACME\u0660\u0660\u0661"}, "like ACME001"),
        ({"code": "ECT999"}, "codes that begin with ECT are ectgraph's own"),
        ({"code": "ECT302"}, "codes that begin with ECT are ectgraph's own"),
        ({"code": "ECTO001"}, "codes that begin with ECT are ectgraph's own"),
        ({"name": "House"}, "'House', is not of lower-case words joined by hyphens"),
        ({"name": "house_rule"}, "is not of lower-case words joined by hyphens"),
        ({"name": "ect302"}, "is not of lower-case words joined by hyphens"),
        ({"name": "equivocation"}, "is taken, by ECT302 equivocation of ectgraph"),
        ({"name": "ect"}, "its name, ect, is how the code"),
        ({"name": "acme"}, "its name, acme, is how the code ACME001 begins"),
        ({"severity": "Severity.FATAL"}, "the tool alone fails fatally"),
        ({"severity": "'error'"}, "its severity is ERROR, WARNING or NOTE of Severity"),
        ({"cites": "None"}, "texts of one line"),
        ({"advice": "'a\\nb'"}, "texts of one line"),
        ({"good": "('a@0')"}, 'of one: ("a@0",), with a comma'),
        ({"bad": "['a@0']"}, 'of one: ("a@0",), with a comma'),
        ({"more": ", step=14"}, "leave step out"),
        ({"kind": "problem"}, "make it a token rule"),
    ],
)
def test_a_rule_whose_papers_are_not_in_order_is_refused(rule_file, said: dict, words: str):
    path = rule_file(**said)

    told = refusal(path)

    assert told.startswith(f"{path}: the rule ")
    assert words in told


def test_a_rule_that_looks_at_nothing_or_at_two_things_is_refused(write):
    made = (
        "from ectgraph.rule import Rule, Severity\n"
        "rule = Rule(code='ACME001', name='house-rule', severity=Severity.NOTE, cites='',"
        " advice='', good=(), bad=(), doc='' {})"
    )

    assert "it looks at one thing" in refusal(write(made.format("")))
    assert "it looks at one thing" in refusal(write(made.format(", look=print, check=print")))


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("ACME001", "other-rule", "its code is taken, by ACME001 house-rule of"),
        ("ACME002", "house-rule", "its name, house-rule, is taken, by ACME001 house-rule of"),
        ("ACME0011", "other-rule", "begin alike"),
        ("BCME001", "acme", "its name, acme, is how the code ACME001 begins"),
    ],
)
def test_two_rules_cannot_be_meant_by_one_name(rule_file, code: str, name: str, words: str):
    one, two = rule_file(), rule_file(file="two.py", code=code, name=name)

    assert words in refusal(one, two)
    assert refusal(one, two).startswith(f"{two}: the rule {code} cannot be taken: ")


def test_a_rule_is_meant_by_its_code_its_name_and_its_beginning(rule_file):
    rules = foreign.load([rule_file()])

    for text in ("ACME001", "acme001", "house-rule", "ACM"):
        assert rules.meant(text) == ["ACME001"]
    assert rules.meant("ECT") == list(RULES)
