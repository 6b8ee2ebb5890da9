"""The numbers and choices that checks depend on, and their defaults."""

from __future__ import annotations

import json
import pickle
import re
import time
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from ectgraph.checkpoint import digest
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity
from ectgraph.policy import (
    ALGORITHMS,
    Agent,
    Crossing,
    Limits,
    Need,
    Policy,
    Step,
    Workflow,
    matcher,
    schema,
    sorter,
)
from ectgraph.signature import check_algorithms

WHOLE = Policy(
    max_parents=150,
    skew=60,
    agents=(Agent(iss="*/cfo", may=("approve_payment",)), Agent(iss="*", may=("release_*",))),
    steps=(
        Step(
            act="release_payment",
            after=("approve_payment",),
            needs=(Need(act="approve_payment", agents=2, by_others=True),),
        ),
    ),
    workflows=(Workflow(wid="8fa9-*", max_parents=300, cross_workflow=True),),
    crossings=(Crossing(parent="one", child="two"),),
    boundary=("a", "b"),
)
TEXT = """
[limits]
max_parents = 150
skew = 60

[[agents]]
iss = "*/cfo"
may = ["approve_payment"]

[[agents]]
iss = "*"
may = ["release_*"]

[[steps]]
act = "release_payment"
after = ["approve_payment"]
needs = [{ act = "approve_payment", agents = 2, by_others = true }]

[[workflows]]
wid = "8fa9-*"
max_parents = 300
cross_workflow = true

[links]
boundary = ["a", "b"]
allowed = [{ parent = "one", child = "two" }]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return path


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
        "disjoint_workflows": False,
        "low_s": False,
        "compensation_by_flag": True,
        "review_by_decision": True,
        "max_parents": 100,
        "max_children": None,
        "max_ancestors": 10_000,
        "max_depth": 10_000,
        "max_record_bytes": 1024 * 1024,
        "max_ratio": 200,
        "max_json_depth": 64,
        "severities": {},
        "agents": (),
        "steps": (),
        "workflows": (),
        "crossings": (),
        "boundary": (),
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


# What a workflow may do


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "ab", False),
        ("a?", "ab", True),
        ("a?", "a", False),
        ("*/cfo", "spiffe://x.example/agent/cfo", True),
        ("*/cfo", "spiffe://x.example/agent/cfo2", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("[!a]*", "[!a]x", True),
        ("a.c", "abc", False),
        ("a*", "a\nb\u2028", True),
        ("", "", True),
        ("(?s:.*)|x", "x", False),
    ],
)
def test_stars_and_question_marks_are_all_that_is_special(pattern: str, text: str, *, fits: bool):
    assert matcher((pattern,))(text) is fits
    assert matcher(("nothing", pattern))(text) is fits


def test_no_pattern_fits_nothing():
    assert not matcher(())("")


@given(st.text("ab*?[", max_size=8), st.text("ab*?[", max_size=8))
@example("*", "")
def test_a_pattern_fits_what_a_walk_over_both_says(pattern: str, text: str):
    states = {0}
    for char in [*text, None]:
        for state in sorted(states):
            while state < len(pattern) and pattern[state] == "*":
                state += 1  # noqa: PLW2901
                states.add(state)
        if char is not None:
            stay = {s for s in states if s < len(pattern) and pattern[s] == "*"}
            states = stay | {s + 1 for s in states if pattern[s : s + 1] in (char, "?")} - {
                s + 1 for s in stay
            }

    assert matcher((pattern,))(text) is (len(pattern) in states)


def test_hostile_text_takes_no_longer_than_its_length():
    fits = matcher(("*a*a*a*a*a*b",))
    start = time.process_time()

    assert not fits("a" * 1_000_000)
    assert time.process_time() - start < 2


@given(st.lists(st.text("ab*?", max_size=3)), st.text("ab", max_size=3))
def test_a_sorter_says_of_each_pattern_what_the_pattern_alone_says(patterns: list[str], text: str):
    expected = [number for number, each in enumerate(patterns) if matcher((each,))(text)]

    assert sorter(tuple(patterns))(text) == expected
    assert matcher(tuple(patterns))(text) is bool(expected)


def test_a_policy_of_many_names_answers_as_quickly_as_one_of_few():
    many = range(10_000)
    policy = Policy(
        agents=tuple(Agent(iss=f"x/{n}", may=(f"a{n}",)) for n in many),
        steps=tuple(Step(act=f"a{n}") for n in many),
        workflows=tuple(Workflow(wid=f"w{n}", max_parents=n) for n in many),
        crossings=tuple(Crossing(parent=f"w{n}", child=f"v{n}") for n in many),
    )
    start = time.process_time()

    for n in range(0, 10_000, 100):
        assert policy.may(f"x/{n}", f"a{n}")
        assert not policy.may(f"x/{n}", f"a{n + 1}")
        assert len(policy.steps_of(f"a{n}")) == 1
        assert policy.of(f"w{n}").max_parents == n
        assert policy.crosses(f"w{n}", f"v{n}")
        assert not policy.crosses(f"w{n}", f"v{n + 1}")
    assert time.process_time() - start < 2


def test_without_agents_anybody_may_do_everything_and_with_them_nobody_else():
    assert Policy().may("anybody", "anything")
    assert WHOLE.may("x/cfo", "approve_payment")
    assert WHOLE.may("x/cfo", "release_it")
    assert not WHOLE.may("x", "approve_payment")
    assert WHOLE.acts_of("x/cfo") == ("approve_payment", "release_*")


def test_a_link_between_workflows_has_a_direction():
    assert WHOLE.crosses("one", "two")
    assert not WHOLE.crosses("two", "one")
    assert not Policy().crosses("one", "two")


# Limits of some workflows


def test_a_workflow_has_its_own_limits_and_all_else_is_that_of_all():
    assert WHOLE.of("8fa9-1") == replace(WHOLE, max_parents=300, cross_workflow=True, workflows=())
    assert WHOLE.of("8fa9-1") is WHOLE.of("8fa9-2")
    assert WHOLE.of("other") is WHOLE
    assert WHOLE.of(None) is WHOLE
    assert WHOLE.of("8fa9-1").of("8fa9-1") is WHOLE.of("8fa9-1")
    assert Policy().of("8fa9-1") == Policy()


def test_of_several_that_fit_the_first_counts():
    workflows = (Workflow(wid="a*", max_parents=1), Workflow(wid="*", max_depth=2))
    policy = Policy(workflows=workflows)

    assert policy.of("ab") == Policy(max_parents=1)
    assert policy.of("b") == Policy(max_depth=2)


def test_what_a_workflow_may_have_of_its_own_is_a_limit_of_the_same_kind():
    limits = {field.name: kinds(field.type) for field in msgspec.structs.fields(Limits)}
    own = {field.name: kinds(field.type) for field in msgspec.structs.fields(Workflow)}
    del own["wid"]

    assert {name: limits[name] for name in own} == own


def kinds(type_: Any) -> list[Any]:
    """What a value may be; not being there is no value."""
    nothing = (msgspec.UnsetType, type(None))
    all_ = get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,)
    return [each for each in all_ if each not in nothing]


def test_the_answers_that_are_remembered_are_bounded():
    policy = replace(WHOLE)
    for number in range(2000):
        policy.of(str(number))
        policy.may(str(number), "x")
        policy.steps_of(str(number))

    for remembered in (policy._of, policy.may, policy.steps_of):
        assert remembered.cache_info().currsize <= 256


# A policy goes to workers, into checkpoints, and comes from a file


def test_a_policy_goes_to_another_process_whole_also_after_it_was_asked():
    WHOLE.of("8fa9-1")
    WHOLE.may("x", "y")
    WHOLE.steps_of("release_payment")
    sent = pickle.loads(pickle.dumps(WHOLE))  # noqa: S301

    assert sent == WHOLE
    assert sent.of("8fa9-1") == WHOLE.of("8fa9-1")
    assert digest(sent) == digest(WHOLE)


@pytest.mark.parametrize("part", ["agents", "steps", "workflows", "crossings", "boundary"])
def test_each_part_of_a_policy_makes_it_another_one(part: str):
    other = replace(WHOLE, **{part: ()})

    assert other != WHOLE
    assert digest(other) != digest(WHOLE)


def test_what_is_remembered_is_not_taken_over_by_a_changed_policy():
    WHOLE.may("x/cfo", "release_it")

    assert not replace(WHOLE, agents=()).__dict__
    assert replace(WHOLE, agents=()).may("anybody", "anything")


def test_a_file_says_all_of_it(tmp_path: Path):
    assert Policy.load(written(tmp_path, TEXT)) == WHOLE


def test_every_limit_can_be_set_by_its_name_and_is_at_its_default_otherwise(tmp_path: Path):
    values = {"algorithms": ["ES384"], "minimum_level": "L1"}
    for field in msgspec.structs.fields(Limits):
        usual = field.default
        values.setdefault(field.name, not usual if isinstance(usual, bool) else 7)
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    made = Policy.load(written(tmp_path, "\n".join(["[limits]", *lines])))

    assert {name: asdict(made)[name] for name in values} == values | {"algorithms": ("ES384",)}
    assert Policy.load(written(tmp_path, "[limits]\nskew = 30\n")) == Policy()


@pytest.mark.parametrize("name", ["at", "audience", "severities", "agents", "Skew", "max-parents"])
def test_what_is_no_limit_is_refused(tmp_path: Path, name: str):
    with pytest.raises(EctgraphError, match=rf"^\S+:2: limits.{name}: there is no such key"):
        Policy.load(written(tmp_path, f"[limits]\n{name} = 1\n"))


AGENTS = "[[agents]]\niss = 'x'\nmay = ['approve_payment', 'check_*']\n"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "[limits]\nalgorithms = ['ES265']\n",
            "2: limits.algorithms[0]",
            "'ES265' is no algorithm to be taken; did you mean 'ES256'?",
        ),
        ("[limits]\nalgorithms = []\n", "2: limits.algorithms", "no algorithm is taken"),
        ("[limits]\nmax_children = -1\n", "2: limits.max_children", "it must be at least 0"),
        (
            f"{AGENTS}[[steps]]\nact = 'aprove_payment'\n",
            "5: steps[0].act",
            "no agent may do 'aprove_payment'; did you mean 'approve_payment'?",
        ),
        (
            f"{AGENTS}[[steps]]\nact = 'check_it'\nafter = ['release']\n",
            "6: steps[0].after[0]",
            "no agent may do 'release'",
        ),
        (
            f"{AGENTS}[[steps]]\nact = 'check_it'\nneeds = [\n {{ act = 'approve' }}]\n",
            "6: steps[0].needs[0].act",
            "no agent may do 'approve'; did you mean 'approve_payment'?",
        ),
        (
            f"{AGENTS}[[steps]]\nact = 'check_*'\n[[steps]]\nact = 'check_*'\n",
            "7: steps[1].act",
            "'check_*' is told twice; make one [[steps]] of both",
        ),
        (
            "[[steps]]\nact = 'a'\nneeds = [{ act = 'b', agents = 0 }]\n",
            "3: steps[0].needs[0].agents",
            "it must be at least 1",
        ),
        (
            "[[steps]]\nact = 'a'\nneeds = [{ act = 'b', agents = 101 }]\n",
            "3: steps[0].needs[0].agents",
            "it must be at most 100",
        ),
        (
            "[[steps]]\nact = 'a'\nneeds = [{ act = 'b' }]\nafter = []\n",
            "3: steps[0].needs",
            "with after = [] there are no ancestors to be needed",
        ),
        (
            "[[workflows]]\nwid = 'a*'\nskew = 1\n[[workflows]]\nwid = 'ab*c'\nskew = 2\n",
            "5: workflows[1].wid",
            "all that fits 'ab*c' fits 'a*' before it",
        ),
        (
            "[[workflows]]\nwid = '??'\nskew = 1\n[[workflows]]\nwid = '??'\nskew = 2\n",
            "5: workflows[1].wid",
            "all that fits '??' fits '??' before it",
        ),
        ("[[workflows]]\nwid = 'a'\nlow_s = true\n", "3: workflows[0].low_s", "there is no"),
        (
            "[links]\nallowed = [{ from = 'a', to = 'b' }]\n",
            "2: links.allowed[0].from",
            "there is no such key; known are 'parent', 'child'",
        ),
        ("[[agents]]\niss = ''\nmay = []\n", "2: agents[0].iss", "it is empty"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, text: str, where: str, what: str
):
    with pytest.raises(EctgraphError) as caught:
        Policy.load(written(tmp_path, text))

    assert str(caught.value).startswith(f"{tmp_path}/policy.toml:{where}: {what}")


@pytest.mark.parametrize(
    "text",
    [
        f"{AGENTS}[[steps]]\nact = 'check_it'\nafter = ['check_*', 'approve*', '*']\n",
        "[[steps]]\nact = 'whatever'\nafter = ['anything']\n",
        "[[workflows]]\nwid = 'a?'\n[[workflows]]\nwid = 'a*'\n",
        "[[workflows]]\nwid = 'ab'\n[[workflows]]\nwid = 'a*'\n",
        "[[agents]]\niss = 'retired'\nmay = []\n",
        "limits = { skew = 1 }\n",
    ],
)
def test_what_can_be_meant_is_taken(tmp_path: Path, text: str):
    Policy.load(written(tmp_path, text))


def test_the_algorithms_that_a_file_may_name_are_those_that_can_be_verified():
    assert set(check_algorithms(ALGORITHMS)) == set(ALGORITHMS)
    for name in ("none", "HS256", "ES512"):
        assert name not in ALGORITHMS
        with pytest.raises(EctgraphError):
            check_algorithms([name])


def test_the_published_schema_is_that_of_the_file_and_takes_it():
    published = schema()
    policy = published["$defs"]["PolicyFile"]

    assert published["$ref"] == "#/$defs/PolicyFile"
    assert set(policy["properties"]) == {"limits", "agents", "steps", "workflows", "links"}
    assert policy["additionalProperties"] is False
    assert not re.search("_[A-Z]", json.dumps(published))
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(tomllib.loads(TEXT), published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"limits": {"max-parents": 3}}, published)


PAGE = Path(__file__).parents[1] / "docs" / "policy.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_page_can_be_read(tmp_path: Path, text: str):
    assert Policy.load(written(tmp_path, text)) != Policy()


def test_the_page_names_all_that_can_be_said():
    told = set(re.findall(r"`(\w+)`|^(\w+) =|\{ (\w+) =", PAGE.read_text("utf-8"), re.MULTILINE))
    names = {name for found in told for name in found}

    for said in (Limits, Agent, Step, Need, Workflow, Crossing):
        assert set(said.__struct_fields__) <= names
    assert {"boundary", "allowed"} <= names
