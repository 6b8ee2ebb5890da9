"""Files and entry points: what is imported, what is not, and what is told of it."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import ANY

import pytest

from ectgraph import foreign
from ectgraph.errors import EctgraphError
from ectgraph.foreign import offers
from ectgraph.rules import RULES


def own(rules) -> list[str]:
    """The codes that are not ectgraph's."""
    return [code for code in rules if code not in RULES]


def refusal(*files) -> str:
    with pytest.raises(EctgraphError) as refused:
        foreign.load(files)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_every_rule_at_the_top_level_of_a_file_counts_once(write, rule_file):
    text = rule_file().read_text("utf-8")
    twice = text.replace("ACME001", "ACME002").replace("house-rule", "other-rule")
    path = write(f"{text}\nalias = check\n{twice}\nhidden = [alias]\n")

    assert own(foreign.load([path])) == ["ACME001", "ACME002"]


def test_rules_of_ectgraph_may_be_imported_by_a_file(rule_file):
    path = rule_file(body="return []\nfrom ectgraph.rules.graph.cycle import check as cycle")

    assert own(foreign.load([path])) == ["ACME001"]


def test_the_same_file_twice_is_one(rule_file, tmp_path: Path):
    path = rule_file()
    (tmp_path / "link.py").symlink_to(path)

    rules = foreign.load([path, str(path), tmp_path / "link.py", tmp_path / "x" / ".." / "mine.py"])

    assert own(rules) == ["ACME001"]
    assert [basis.source for basis in foreign.basis(rules)] == [str(path)]


def test_two_files_of_one_name_are_two_modules(rule_file):
    one = rule_file(file="one/rules.py")
    two = rule_file(file="two/rules.py", code="ACME002", name="other-rule")

    rules = foreign.load([one, two])

    assert own(rules) == ["ACME001", "ACME002"]
    assert [rules[code].origin for code in own(rules)] == [str(one), str(two)]


def test_a_file_is_imported_without_a_trace(rule_file, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = rule_file()
    before = list(sys.path)

    foreign.load([path])

    assert list(tmp_path.iterdir()) == [path]
    assert sys.path == before


def test_nothing_beside_a_file_can_be_imported(write, rule_file):
    write("x = 1", "beside.py")
    path = write(f"import beside\n{rule_file().read_text('utf-8')}")

    assert refusal(path) == (
        f"{path}:1: cannot be imported (ModuleNotFoundError: No module named 'beside')"
    )


def test_a_file_may_hold_classes_that_look_their_module_up(write, rule_file):
    text = rule_file(body="return []\n@dataclass\nclass A:\n    b: ClassVar[int] = 1")
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    path = write(f"{head}from typing import ClassVar\n{text.read_text('utf-8')}")

    assert own(foreign.load([path])) == ["ACME001"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ": holds no rule; see docs/rules-of-your-own.md"),
        ("import no_such_module", ":1: cannot be imported (ModuleNotFoundError: No module named"),
        ("\n\ndef check(:\n", ":3: cannot be imported (SyntaxError: invalid syntax)"),
        ("def f():\n    1 / 0\n\nf()", ":2: cannot be imported (ZeroDivisionError: division by z"),
        ("raise SystemExit(0)", ":1: cannot be imported (SystemExit: 0)"),
        ("raise ValueError('a\\n\\x1b[31mb')", ":1: cannot be imported (ValueError: a)"),
        ("x = '\0'", "source code string cannot contain null bytes"),
        ("from . import x", ":1: cannot be imported (ImportError: attempted relative import"),
    ],
)
def test_a_file_without_rules_is_told_in_one_line(write, text: str, words: str):
    path = write(text)

    assert str(path) in refusal(path)
    assert words in refusal(path)
    assert [name for name in sys.modules if str(path)[:-3] in name] == ([] if text else [ANY])


def test_a_file_that_is_no_text_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "mine.py").write_bytes(b"\xff\xfe\x00")

    assert "cannot be imported (SyntaxError" in refusal(tmp_path / "mine.py") or (
        "cannot be imported (UnicodeDecodeError" in refusal(tmp_path / "mine.py")
    )


def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "folder.py").mkdir()

    assert refusal(tmp_path / "no.py").endswith(
        "no.py: rules cannot be read from it (No such file or directory)"
    )
    assert refusal(tmp_path / "folder.py").endswith("(Is a directory)")
    assert "null byte" in refusal("a\0.py")
    assert "whose names end in .py" in refusal("ledger.jsonl")


class Distribution:
    """An installed distribution."""

    name, version = "acme-rules", "1.0"


class Point:
    """An entry point of it."""

    name, value, dist = "acme", "acme_rules:some", Distribution

    def __init__(self, named) -> None:
        self.named = named

    def load(self):
        if isinstance(self.named, BaseException):
            raise self.named
        return self.named


@pytest.mark.parametrize("shape", ["a rule", "a tuple", "a list", "a module"])
def test_an_entry_point_names_a_rule_or_several_or_a_module(monkeypatch, rule_file, shape: str):
    module = offers._import(offers.read(rule_file()))
    named = {
        "a rule": module.check,
        "a tuple": (module.check,),
        "a list": [module.check, module.check],
        "a module": module,
    }
    monkeypatch.setattr(offers, "entry_points", lambda **_: [Point(named[shape])])

    rules = foreign.load()

    assert own(rules) == ["ACME001"]
    assert rules["ACME001"].origin == "acme-rules 1.0"
    assert [(each.source, each.sha256) for each in foreign.basis(rules)] == [
        ("acme-rules 1.0", None)
    ]
    assert foreign.load(installed=False) is RULES


@pytest.mark.parametrize("named", ["text", 7, ["text"], print])
def test_an_entry_point_that_names_something_else_is_refused(monkeypatch, named):
    monkeypatch.setattr(offers, "entry_points", lambda **_: [Point(named)])

    assert refusal() == (
        "acme-rules 1.0: its entry point acme_rules:some names neither rules nor a module"
    )


@pytest.mark.parametrize("error", [ImportError("x\ny"), SystemExit(0), AttributeError("y")])
def test_a_distribution_that_cannot_be_imported_stops_the_program(monkeypatch, error):
    monkeypatch.setattr(offers, "entry_points", lambda **_: [Point(error)])

    assert refusal().startswith("acme-rules 1.0: its rules cannot be imported (")


def test_a_file_and_a_distribution_cannot_offer_the_same_code(monkeypatch, rule_file):
    module = offers._import(offers.read(rule_file()))
    monkeypatch.setattr(offers, "entry_points", lambda **_: [Point(module)])

    assert "ACME001 house-rule of acme-rules 1.0" in refusal(rule_file())
