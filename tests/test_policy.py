"""The numbers and choices that checks depend on, and their defaults."""

from __future__ import annotations

import msgspec
import pytest

from ectgraph.model import Severity
from ectgraph.policy import Policy


def test_the_defaults_are_those_of_the_reference_implementation():
    defaults = msgspec.structs.asdict(Policy())

    assert defaults == {
        "algorithms": ("ES256",),
        "minimum_level": "L2",
        "skew": 30,
        "audience": None,
        "at": None,
        "leeway": 30,
        "max_age": 15 * 60,
        "max_ahead": 30,
        "max_lifetime": 900,
        "max_ext_bytes": 4096,
        "max_ext_depth": 5,
        "cross_workflow": False,
        "compensation_by_flag": True,
        "review_by_decision": True,
        "max_parents": 100,
        "max_ancestors": 10_000,
        "max_depth": 10_000,
        "max_record_bytes": 1024 * 1024,
        "max_ratio": 200,
        "max_json_depth": 64,
        "severities": {},
    }


def test_a_policy_cannot_be_changed():
    with pytest.raises(AttributeError):
        Policy().skew = 5


def test_policies_do_not_share_their_severities():
    one, other = Policy(), Policy()

    one.severities["ECT112"] = Severity.ERROR

    assert other.severities == {}


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("usual", Severity)
def test_the_severity_of_a_rule_is_its_own_unless_the_caller_says_otherwise(usual, severity):
    chosen = Policy(severities={"ECT112": severity})

    # That the tool itself failed is no matter of taste.
    assert chosen.severity("ECT112", usual) is (usual if usual is Severity.FATAL else severity)
    assert chosen.severity("ECT113", usual) is usual
    assert Policy().severity("ECT112", usual) is usual
