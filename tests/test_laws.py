"""The laws: what holds for any ledger whatever, also for one that somebody made to do harm.

First laws of the rules, over arbitrary graphs of arbitrary tokens; then laws of the output, over
arbitrary text in every claim.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from inspect import Parameter
from typing import Any
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

import ectgraph
from ectgraph import escape, frames, labels, linter
from ectgraph.artifacts import Artifacts
from ectgraph.case import Case
from ectgraph.encoding import hash_of
from ectgraph.keys import KeyRing
from ectgraph.model import Report
from ectgraph.policy import Agent, Crossing, Need, Policy, Step, Workflow
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import QUESTIONS
from ectgraph.render.caption import WIDTH
from ectgraph.render.picture import program
from ectgraph.reports import cards
from ectgraph.reports.answer import to_json as answer_to_json
from ectgraph.reports.answer import to_markdown as answer_to_markdown
from ectgraph.reports.answer import to_text as answer_to_text
from ectgraph.reports.forms import Options
from ectgraph.reports.json import to_json
from ectgraph.reports.table import to_table
from ectgraph.reports.text import to_text
from ectgraph.rules import RULES
from ectgraph.testing import (
    EPOCH,
    FAULTS,
    Draft,
    Sketch,
    compact_json,
    jwks,
    sketch,
    task_id,
    token,
)

RING = KeyRing.from_jwks(jwks("agent-a", "agent-b", "agent-x"), "keys.json")
STRICT = Policy(
    max_parents=2, max_depth=2, max_ancestors=2, max_lifetime=650, max_record_bytes=4000
)
"""Limits so low that drawn ledgers reach them."""

# Ledgers of every kind

IDS = ["a", "b", "c", "d", "A", "a@v", "a@v'", "a@v''", "urn:uuid:1", "x:y:z"]
ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    2**60,
    "",
    "5",
    [],
    [1],
    ["a", 1, ""],
    {},
    {"a": {}},
    "\x00",
    "é\u202e",
]
MADE = hash_of(b"made")
HASHES = [MADE, hash_of(b""), f"sha-256:{MADE}", f"sha-512:{86 * 'A'}", "no"]
ids = st.sampled_from(IDS)
good_claims = st.fixed_dictionaries(
    {
        "iss": st.sampled_from(["spiffe://example.com/agent/a", "b"]),
        "aud": st.just("spiffe://example.com/ledger"),
        "iat": st.integers(EPOCH, EPOCH + 90) | st.sampled_from([EPOCH + 0.5, -(10**11)]),
        "exp": st.just(EPOCH + 700),
        "jti": ids,
        "exec_act": st.sampled_from(["pay", "review"]),
        "par": st.lists(ids, max_size=4),
    },
    optional={
        "wid": st.sampled_from(["v", "w"]),
        "pol_decision": st.sampled_from(["approved", "rejected", "pending_human_review"]),
        "ext": st.sampled_from(
            [
                {"compensation_required": True},
                {"compensation_required": True, "compensation_reason": "undone"},
                {"a": {"b": [1]}},
            ]
        ),
        "inp_hash": st.sampled_from(HASHES),
        "out_hash": st.sampled_from(HASHES),
    },
)
odd_claims = st.builds(
    lambda claims, name, value, gone: {
        k: v for k, v in {**claims, name: value}.items() if k != gone
    },
    good_claims,
    st.sampled_from(
        (
            *("iss", "aud", "iat", "exp", "jti", "wid", "exec_act", "par", "pred", "ext"),
            *("ect_ext", "sub", "pol", "pol_decision", "inp_hash", "out_hash"),
        )
    ),
    st.sampled_from(ODD),
    st.sampled_from([None, "iss", "iat", "jti", "par"]),
)
signers = st.sampled_from(["agent-a", "agent-b", "a stranger"])
good_tokens = st.builds(token, good_claims, signers)
faulty_tokens = st.builds(
    lambda claims, fault: FAULTS[fault](
        Draft({"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}, claims, "agent-a")
    ),
    good_claims,
    st.sampled_from(sorted(set(FAULTS) - {"oversized"})),
)
compact_tokens = good_tokens | st.builds(token, odd_claims, signers) | faulty_tokens
WRAPPER = ["seq", "prev_hash", "recorded_at", "timestamp", "jti", "action", "par", "sub", "Jti"]
others = (
    st.builds(compact_json, odd_claims)
    | st.builds(
        lambda compact, seq: compact_json({"seq": seq, "ect": compact.decode("latin-1")}),
        compact_tokens,
        st.sampled_from(ODD),
    )
    | st.builds(
        lambda compact, members: compact_json(members | {"token": compact.decode("latin-1")}),
        compact_tokens,
        st.dictionaries(st.sampled_from(WRAPPER), st.sampled_from(ODD), max_size=4),
    )
    | st.binary(max_size=30)
    | st.just(b"x" * 5000)
)
all_records = st.lists(compact_tokens | others, max_size=9)
token_lines = st.lists(compact_tokens | st.just(b"junk"), min_size=1, max_size=9)


def ledger(records: list[bytes], *, keys: bool = True) -> Sketch:
    return Sketch(tuple(records), RING if keys else None, STRICT)


def told(report: Report, codes: set[str] | None = None) -> Counter[Any]:
    """The findings by what does not hang on their wording."""
    return Counter(
        (f.code, f.jti, f.fingerprint) for f in report.findings if codes is None or f.code in codes
    )


@given(all_records, st.booleans())
@settings(max_examples=300)
def test_every_rule_answers_for_every_ledger(records: list[bytes], keys: bool):
    evidence = ledger(records, keys=keys).evidence()
    report = linter.lint(evidence)

    assert "ECT901" not in {f.code for f in report.findings}
    assert_figures_agree(report, evidence.graph)
    json.loads(to_json(report))
    assert list(to_text(report))


def assert_figures_agree(report: Report, graph: nx.DiGraph) -> None:
    figures = report.summary
    tokens, states = figures.tokens, Counter(s for _, s in graph.nodes.data("status"))
    assert figures.records == tokens + figures.unreadable == sum(i.records for i in report.inputs)
    assert sum(figures.trust.values()) == tokens
    assert sum(figures.levels.values()) == tokens
    assert figures.levels["L3"] <= figures.trust["verified"]
    assert sum(figures.drafts.values()) == tokens
    assert figures.tasks == states["present"] + states["duplicate"] <= tokens
    assert figures.missing == states["missing"]
    assert figures.edges == graph.number_of_edges()
    assert figures.depth <= max(0, len(graph) - 1)
    assert sum(figures.findings.values()) == len(report.findings)
    assert Counter(f.severity.value for f in report.findings) == Counter(
        {name: count for name, count in figures.findings.items() if count}
    )


@given(all_records, st.sampled_from([None, EPOCH, EPOCH + 800, -(10**12)]), st.booleans())
def test_every_rule_answers_under_any_policy(records: list[bytes], at: int | None, lax: bool):
    policy = Policy(
        minimum_level="L1" if lax else "L2",
        audience="spiffe://example.com/ledger" if lax else "b",
        at=at,
        max_ext_bytes=9,
        max_ext_depth=1,
        max_ancestors=1,
        max_lifetime=0,
        cross_workflow=lax,
        compensation_by_flag=lax,
        review_by_decision=lax,
        max_children=0,
        low_s=lax,
        disjoint_workflows=lax,
        agents=() if lax else (Agent(iss="spiffe://*", may=("re*", "?ay")),),
        steps=(
            Step(act="pay", needs=(Need(act="review", agents=2, by_others=True),)),
            Step(act="re*", after=("pay",), needs=(Need(act="*"),)),
        ),
        workflows=(Workflow(wid="v", max_depth=0, max_ancestors=0, max_parents=0),),
        crossings=(Crossing(parent="v", child="?"),),
        boundary=("a", "x:y:z"),
    )
    drawn = Sketch(tuple(records), RING, policy, artifacts=Artifacts.of([b"made"]))
    report = drawn.lint()

    assert "ECT901" not in {f.code for f in report.findings}
    json.loads(to_json(report))


def test_the_drawn_ledgers_reach_nearly_every_rule():
    """Else the laws above would hold for nothing."""
    seen: set[str] = set()

    @given(all_records)
    @settings(max_examples=400, database=None)
    def collect(records: list[bytes]) -> None:
        policy = Policy(
            agents=(Agent(iss="*", may=("pay",)),),
            steps=(Step(act="pay", after=("none",), needs=(Need(act="none"),)),),
            max_children=0,
            at=EPOCH + 10_000,
            audience="x",
        )
        drawn = Sketch(tuple(records), RING, policy, artifacts=Artifacts.of([b"other"]))
        seen.update(finding.code for finding in drawn.lint().findings)

    collect()
    assert seen >= {"ECT008", "ECT118", "ECT310", "ECT311", "ECT503", "ECT703", "ECT704"}
    assert seen >= {"ECT711", "ECT712", "ECT713", "ECT801", "ECT802", "ECT803"}
    assert len(seen) > 45


@given(all_records)
def test_every_record_that_is_no_token_is_reported(records: list[bytes]):
    drawn = ledger(records)
    places = {place.index for f in drawn.lint().findings for place in f.places}

    assert {e.record.index for e in drawn.ledger() if e.token is None} <= places


@given(all_records)
def test_every_token_that_did_not_verify_is_reported(records: list[bytes]):
    drawn = ledger(records)
    places = {place.index for f in drawn.lint().findings for place in f.places}

    assert {e.record.index for e in drawn.ledger() if e.trust != "verified"} <= places


LOOKALIKES = [
    token({"jti": "a", "iss": "x", "exec_act": "pay", "wid": "v", "par": []}, "agent-a"),
    token({"jti": "a", "iss": "x", "exec_act": "pay", "par": ["a@v", "a@v'"]}, "agent-a"),
]
"""Two missing parents whose ids look like names that the graph gives to others."""


@given(all_records)
@example(LOOKALIKES)
def test_each_parent_without_a_record_is_missing_once(records: list[bytes]):
    drawn = ledger(records)
    tasks = [e.token for e in drawn.ledger() if e.token is not None and e.token.jti is not None]
    named = {parent for token in tasks for parent in token.parents}

    missing = Counter(f.jti for f in drawn.lint().findings if f.code == "ECT303")

    assert missing == Counter(named - {token.jti for token in tasks})


FREE_OF_ORDER = {code for code, rule in RULES.items() if rule.kind == "token"} | {
    "ECT204",
    "ECT209",
    "ECT302",
    "ECT303",
}
"""Codes that say the same in any order of the records, whatever the records are.

Not so the others, where one task has several records (the first that verified speaks for it in all
rules over links, ECT401 say) or one `jti` is in several workflows (a link from a third goes to the
first of them, which decides on ECT305, ECT501 and ECT504, too). The next test holds them to it
where neither is the case.
"""


OF_ORDER = {"ECT407", "ECT601", "ECT602", "ECT603"}
"""Codes that tell what is odd about the order of records in their source."""


@given(token_lines.flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
def test_the_order_of_records_changes_no_finding(ledgers: tuple[list[bytes], list[bytes]]):
    found, shuffled = (told(ledger(records).lint(), FREE_OF_ORDER) for records in ledgers)

    assert found == shuffled


@given(
    st.lists(good_claims, min_size=1, max_size=9, unique_by=lambda claims: claims["jti"]).flatmap(
        lambda tasks: st.tuples(st.just(tasks), st.permutations(tasks))
    )
)
def test_the_order_of_records_changes_nothing_where_each_task_has_one(
    ledgers: tuple[list[dict[str, Any]], list[dict[str, Any]]],
):
    found, shuffled = (
        told(ledger([token(claims, "agent-a") for claims in tasks]).lint()) for tasks in ledgers
    )

    assert found == shuffled


@given(all_records.filter(bool), st.booleans())
def test_a_clean_unrelated_workflow_changes_no_finding(records: list[bytes], first: bool):
    drawn = ledger(records)
    if not drawn.ledger():
        return  # a ledger without any record has a finding that goes away
    tasks = ("x@0", "y@5<x", "z@9<x,y")
    clean = list(sketch(";".join(f"{task} wid=clean by=agent-x" for task in tasks)).records)

    more = ledger([*clean, *records] if first else [*records, *clean])

    codes = set(RULES) - OF_ORDER  # to a ledger that numbers its entries, bare tokens are odd
    assert told(more.lint(), codes) == told(drawn.lint(), codes)


@st.composite
def clean_histories(draw: st.DrawFn) -> list[list[int]]:
    """Parents of each task, by number; the first task has at least one child."""
    some_earlier = (
        draw(st.lists(st.integers(0, task - 1), max_size=3, unique=True))
        for task in range(2, draw(st.integers(2, 9)))
    )
    return [[], [0], *some_earlier]


@given(clean_histories(), st.data())
def test_removing_the_only_record_of_a_parent_adds_one_missing_parent(
    parents: list[list[int]], data: st.DataObject
):
    items = [
        f"t{task}@{task}" + ("<" + ",".join(f"t{p}" for p in named) if named else "")
        for task, named in enumerate(parents)
    ]
    gone = data.draw(st.sampled_from(sorted({p for named in parents for p in named})))

    def lint(some: list[str]) -> Report:
        return sketch("; ".join([*some, "!disjoint_workflows=true"])).lint()

    (missing,) = lint(items[:gone] + items[gone + 1 :]).findings

    assert lint(items).findings == ()
    assert (missing.code, missing.jti) == ("ECT303", task_id(f"t{gone}"))
    assert missing.evidence["needed_by"] == [
        task_id(f"t{task}") for task, named in enumerate(parents) if gone in named
    ]


# The output, whatever the claims say

HOSTILE = [
    'say "yes"',
    '"',
    '\\"',
    "ends in a backslash\\",
    "<b>bold</b>",
    "<<B>label</B>>",
    "<script>alert(1)</script>",
    "</text></svg><script/>",
    '" onload="alert(1)',
    "javascript:alert(1)",
    "https://evil.example/x.png",
    "&lt;&amp;&#x41;&nbsp;&",
    "]]>",
    "<!-- -->",
    r"\N \G \L \E \T \H \n \l \r",
    "two\nlines\r\nor three",
    "a nul \0 in it",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m \x85 \x7f",
    "\u202egpj.exe\u202c \u2066x\u2069 \u200f",
    "\u2028\u2029\ufeff\u200b\u00ad",
    "\ufffe\uffff\U000e0041\ue000",
    "x" * 10_000,
    "\n" * 10_000,
    "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
    "a:b:c",
    "n0",
    "n1; n0 -> n2",
    "}; evil [label=x]; {",
    "digraph",
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "a,b;c\td",
    "[bold red]markup[/] :smile: {0} %s",
    " ",
    "  two  spaces  ",
    "日本語のタスク",
    "e\u0301 \U0001f600" * 20,
    "/",
]


def ledger_of(text: str) -> Sketch:
    """A ledger with `text` in every claim and header, and with a finding of most kinds."""

    def task(jti: str, iat: int, *parents: str, **changes: str) -> bytes:
        names = ("iss", "sub", "aud", "wid", "exec_act", "inp_hash", "out_hash", "pol")
        claims = dict.fromkeys((*names, "pol_decision"), text)
        times = {"jti": jti, "iat": iat, "exp": iat + 9, "par": list(parents)}
        return token(claims | times | changes, signer=text)

    records = (
        task(text, EPOCH + 99),
        task(f"{text}?", EPOCH, text, f"missing {text}", f"{text} missing"),
        task(f"{text}!", EPOCH, f"{text}?", f"{text}!"),
        task(text.swapcase() + ".", EPOCH, text),
        task(text + ".", EPOCH, text.swapcase() + ".", f"{text}!"),
        task(text + ".", EPOCH + 1, text),
        token({"jti": "k", "exec_act": text, "par": text, text: text}, "agent-a"),
        compact_json({"jti": "u", "iss": text, "exec_act": text, "par": [text], "iat": text}),
        task("round", EPOCH, "about"),
        task("about", EPOCH, "round"),
        task("no", EPOCH, pol_decision="rejected", sub=f"{text}?"),
        task("wait", EPOCH, wid=f"{text}?", pol_decision="pending_human_review"),
        task("on", EPOCH, "no", "wait", "wait", "k"),
        compact_json(
            {"seq": 7, "recorded_at": text, "prev_hash": text, "action": f"{text}!", text: text}
            | {"task_id": f"{text}\0", "parents": [text], "ect": task("in", EPOCH).decode()}
        ),
    )
    policy = Policy(audience=f"{text}?", at=EPOCH + 99, max_ancestors=1)
    return Sketch(records, KeyRing.from_jwks(jwks(text), source="keys.json"), policy)


TABLES = ("tasks", "edges", "findings", "records", "agents", "workflows", "keys")
hostile = pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:24])


@cache
def case_of(text: str) -> Case:
    drawn = ledger_of(text)
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def answers(case: Case) -> Iterator[Answer]:
    """What every question says that can be asked of this case."""
    tasks = [each for each in case.graph if each in case.ledger.tasks]
    said = {"taint": {"jti": tasks[0]}, "revocation": {"kid": case.ring.keys[0].kid}}
    for name, asked in QUESTIONS.items():
        if name == "artifacts":  # there are none
            continue
        named = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        needed = [
            each
            for each in asked.parameters.values()
            if each.kind in named and each.default is Parameter.empty
        ]
        yield case.ask(name, *tasks[: len(needed)], **said.get(name, {}))


def assert_printable(text: str) -> None:
    assert {char for char in set(text) - {"\n"} if not char.isprintable()} == set()


def on_terminal(*renderables: Any) -> str:
    """What a colour terminal gets, without the colours, which are ours."""
    file = io.StringIO()
    console = Console(
        file=file,
        force_terminal=True,
        color_system="truecolor",
        width=200,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for renderable in renderables:
        console.print(renderable, soft_wrap=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())


def test_the_hostile_ledger_has_findings_of_many_kinds():
    codes = {f.code for f in case_of("x").report.findings}

    assert codes >= {"ECT110", "ECT111", "ECT202", "ECT302", "ECT303", "ECT304", "ECT305", "ECT401"}
    assert codes >= {"ECT112", "ECT113", "ECT119", "ECT121", "ECT122", "ECT306", "ECT307", "ECT308"}
    assert codes >= {"ECT408", "ECT504", "ECT701", "ECT006", "ECT601", "ECT602"}


@hostile
def test_a_message_is_one_line_whatever_the_tokens_say(text: str):
    messages = [finding.message for finding in case_of(text).report.findings]

    assert [message for message in messages if len(message.splitlines()) > 1] == []


@hostile
def test_hostile_text_does_nothing_to_a_terminal(text: str):
    case = case_of(text)
    tables = [to_table(name, getattr(case, name), 0) for name in TABLES]

    assert_printable(on_terminal(*to_text(case.report, Options(max_findings=0)), *tables))


@hostile
def test_hostile_text_does_nothing_in_an_answer(text: str):
    case = case_of(text)
    others = Case(case.ledger, None, case.policy)

    for answer in (*answers(case), case.diff(others)):
        assert_printable(on_terminal(*answer_to_text(answer, 0)))
        assert_printable(answer_to_markdown(answer))
        assert_printable(answer_to_json(answer).decode())
        assert_printable(cards.answer(answer))
        assert len(answer.table) == len(answer.rows)
        assert set(answer.tasks) <= set(case.graph)


@hostile
def test_hostile_text_does_nothing_to_a_spreadsheet(text: str):
    case = case_of(text)
    for name in TABLES:
        frame = getattr(case, name)
        written = frames.to_csv(frame)

        head, *rows = csv.reader(io.StringIO(written, newline=""))
        assert_printable(written)
        assert head == list(frame.columns)
        assert len(rows) == len(frame)
        assert {len(row) for row in rows} == {len(head)}
        cells = {cell for row in rows for cell in row}
        assert not [c for c in cells if c.startswith(("=", "+", "-", "@")) and not is_number(c)]


def is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


@hostile
def test_hostile_text_stays_what_it_is_in_the_json_report(text: str):
    document = json.loads(to_json(case_of(text).report))

    assert {f"{text}?", f"missing {text}"} <= {found["jti"] for found in document["findings"]}


@hostile
def test_the_evidence_of_hostile_tokens_is_json_also_in_a_csv_file(text: str):
    case = case_of(text)

    rows = csv.DictReader(io.StringIO(frames.to_csv(case.findings), newline=""))

    for row, finding in zip(rows, case.report.findings, strict=True):
        assert json.loads(row["evidence"]) == finding.evidence


def read_dot(dot: str) -> dict[str, Any]:
    """DOT as Graphviz itself understands it."""
    command = [program(), "-Tdot_json"]
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=True)
    assert [line for line in done.stderr.splitlines() if b"width of non-ASCII" not in line] == []
    return json.loads(done.stdout)


def assert_drawn_is_graph(case: Case) -> None:
    dot = case.draw(max_nodes=None, data_flow=False).dot
    assert_printable(dot.replace("\t", ""))
    names = {task: f"n{number}" for number, task in enumerate(case.graph)}

    read = read_dot(dot)

    frames = read.get("_subgraph_cnt", 0)
    drawn = {node["_gvid"]: node["name"] for node in read["objects"][frames:]}
    edges = [(drawn[edge["tail"]], drawn[edge["head"]]) for edge in read.get("edges", ())]
    assert Counter(drawn.values()) == Counter(names.values())
    assert Counter(edges) == Counter((names[p], names[c]) for p, c in case.graph.edges)


@hostile
def test_what_is_drawn_is_the_graph(text: str):
    assert_drawn_is_graph(case_of(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=50)
def test_what_is_drawn_is_the_graph_whatever_the_claims_say(text: str):
    assert_drawn_is_graph(case_of(text))


@given(all_records)
@settings(max_examples=50)
def test_what_is_drawn_is_the_graph_whatever_the_graph_is(records: list[bytes]):
    drawn = ledger([*records, token({"jti": "one"}, "agent-a")])
    assert_drawn_is_graph(Case(drawn.ledger(), RING, STRICT))


SVG_ELEMENTS = {"svg", "g", "a", "title", "text", "polygon", "polyline", "path", "ellipse"}


@hostile
def test_a_picture_holds_nothing_that_acts(text: str):
    svg = case_of(text).draw(max_nodes=None).svg()

    assert_printable(svg)
    assert not re.search(r"<!ENTITY|<\?xml-stylesheet", svg)
    for element in ET.fromstring(svg).iter():  # noqa: S314  # its well-formedness is the question
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in SVG_ELEMENTS
        for name, value in element.attrib.items():
            assert not name.rpartition("}")[2].startswith(("on", "href", "src"))
            assert "url(" not in value


@hostile
def test_a_picture_shows_ids_and_actions_as_they_are(text: str):
    """`\\N` does not become the node's name, nor `&lt;` a `<`."""
    case = case_of(text)
    drawing = case.draw(max_nodes=None, label=r"{act}\n{short}")
    svg = ET.fromstring(drawing.svg())  # noqa: S314
    shown: dict[str, list[str]] = {}
    for group in svg.iterfind(".//{*}g[@class='node']"):
        name = group.findtext("{*}title")
        words = ["".join(element.itertext()) for element in group.iterfind(".//{*}text")]
        shown[name] = [word.replace("\xa0", " ").strip() for word in words]

    for number, (task, data) in enumerate(case.graph.nodes.data()):
        expected = [labels.short(data["jti"])]
        if "exec_act" in data:
            expected.append(data["exec_act"])
        for word in expected:
            line = " ".join(word.replace("\n", "␊").replace("\r", "␍").split())
            assert escape.terminal(labels.fit(line, WIDTH)) in [*shown[f"n{number}"], ""], task


# Same in, same out

OUTPUTS = """
import sys
from hashlib import sha256
from ectgraph import frames
from ectgraph.case import Case
from ectgraph.reports.json import to_json
from ectgraph.reports.text import to_text
from ectgraph.questions.question import QUESTIONS
from ectgraph.reports.answer import to_json as to_answer
from ectgraph.testing import sketch, task_id

drawn = sketch(sys.argv[1])
case = Case(drawn.ledger(), drawn.ring, drawn.policy)
one, two = task_id("a"), task_id("e")
words = {"paths": (one, two), "common-ancestors": (one, two)} | dict.fromkeys(
    ("ancestors", "descendants", "siblings", "dominators"), (two,)
)
options = {"taint": {"kid": "agent-a"}, "revocation": {"kid": "agent-a"}}
for written in (
    to_json(case.report),
    "".join(f"{line.plain}\\n" for line in to_text(case.report)).encode(),
    case.draw().dot.encode(),
    case.draw(max_nodes=3).dot.encode(),
    case.draw().svg().encode(),
    case.draw().mermaid().encode(),
    case.draw().text().encode(),
    case.draw().json(),
    case.page().html,
    *(frames.to_csv(getattr(case, name)).encode() for name in frames.COLUMNS),
    *(
        to_answer(case.ask(name, *words.get(name, ()), **options.get(name, {})))
        for name in QUESTIONS
        if name != "artifacts"
    ),
):
    print(sha256(written).hexdigest())
"""


def test_another_run_writes_the_same_bytes():
    text = (
        "a@0<c; b@0<a,z; c@0<b,y; d@99 by=agent-b; e@0<d,x by=agent-c; f@1 !flipped; f@2; 'junk';"
        "g@0<h; h@0<g,i; i@0<h,a; f@2; j@0 aud= act=; k@0<k wid=other; !bad-key"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", OUTPUTS, text],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert len(runs[0].splitlines()) == 9 + len(TABLES) + len(QUESTIONS) - 1
    assert runs[0] == runs[1]


def test_two_workers_find_what_one_finds(tmp_path):
    """Worker processes start at 4 MiB of records, so the tokens are made heavy."""
    heavy = [
        token(
            {
                "iss": "spiffe://example.com/agent/a",
                "aud": "spiffe://example.com/ledger",
                "iat": EPOCH + n,
                "exp": EPOCH + n + 600,
                "jti": f"t{n}",
                "exec_act": "carry",
                "par": [f"t{n - 1}"] if n else [],
                "load": "x" * 100_000,
            },
            "agent-a" if n % 7 else "agent-b",
            {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"},
        )
        for n in range(48)
    ]
    path = tmp_path / "heavy.jws"
    path.write_bytes(b"\n".join([*heavy, b"junk", *sketch("a@0 aud= !twice").records, heavy[5]]))
    assert path.stat().st_size > 5 << 20

    one, two = (ectgraph.load(path, RING, workers=workers) for workers in (1, 2))

    assert {"ECT001", "ECT005", "ECT201", "ECT301"} <= {f.code for f in one.report.findings}
    assert to_json(one.report) == to_json(two.report)
    assert one.draw().dot == two.draw().dot
    for name in TABLES:
        assert frames.to_csv(getattr(one, name)) == frames.to_csv(getattr(two, name))


def test_a_drawing_is_the_same_each_time_it_is_drawn():
    case = case_of("x")

    assert case.draw().dot == case.draw().dot
    assert case.draw().svg() == case.draw().svg()
