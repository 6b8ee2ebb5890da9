"""A container while it is read: where its reader is, and what it has put down."""

from __future__ import annotations

from pathlib import Path

from ectgraph.formats.source import Source
from ectgraph.model import Problem
from ectgraph.rules import RULES


def test_a_source_begins_at_its_beginning():
    source = Source(name="a.jws")

    assert (source.offset, source.line, source.index) == (0, 0, 0)
    assert (source.path, source.table, source.column) == (None, None, None)
    assert source.problems == []


def test_what_is_told_is_kept_in_the_order_told_though_it_is_the_same():
    source = Source(name="a.db", path=Path("a.db"))

    for kind in ("torn-tail", "limit-reached", "torn-tail"):
        source.tell(kind, "told")

    assert source.problems == [
        Problem(kind, "source", "told") for kind in ("torn-tail", "limit-reached", "torn-tail")
    ]


def test_what_may_be_told_has_a_rule_that_words_it():
    worded = {rule.name for rule in RULES.values() if rule.word is not None}

    assert {"torn-tail", "limit-reached", "unreadable-record", "duplicate-member"} <= worded


def test_sources_share_nothing():
    one, other = Source(name="one"), Source(name="other")

    one.tell("torn-tail", "told")

    assert other.problems == []
