"""One investigation, asked as a notebook asks."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx as nx
import pandas as pd
import pytest

from ectgraph import checkpoint
from ectgraph.case import Case
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Report
from ectgraph.opening import load, load_each
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.testing import Sketch, jwks, sketch, task_id


@pytest.fixture
def drawn() -> Sketch:
    return sketch("a@0; b@5<a by=agent-b; c@9<a,b,z")


@pytest.fixture
def file(tmp_path: Path, drawn: Sketch) -> Path:
    path = tmp_path / "ledger.jws"
    path.write_bytes(drawn.data)
    return path


@pytest.fixture
def key_files(tmp_path: Path) -> list[Path]:
    """A folder's two key files, one for each agent."""
    folder = tmp_path / "keys"
    folder.mkdir()
    files = [folder / "a.json", folder / "b.json"]
    for path, agent in zip(files, ["agent-a", "agent-b"], strict=True):
        path.write_text(json.dumps(jwks(agent)), "utf-8")
    return files


# Loading


def test_keys_are_a_path_or_its_name_or_a_folder_or_several(file: Path, key_files: list[Path]):
    one, both = key_files[0], key_files

    for keys in (one, str(one), [one], (str(one),)):
        assert load(file, keys).report.summary.trust["verified"] == 2
    for keys in (both, iter(both), one.parent, [str(one.parent)]):
        assert load(file, keys).report.summary.trust["verified"] == 3


def test_keys_are_a_key_ring(file: Path, drawn: Sketch):
    case = load(file, drawn.ring)

    assert case.ring is drawn.ring
    assert case.report.summary.trust["verified"] == 3


def test_without_keys_everything_is_unchecked_and_the_report_says_so(file: Path):
    case = load(file)

    assert case.ring is None
    assert case.report.summary.trust["unchecked"] == 3
    assert "ECT204" in {finding.code for finding in case.report.findings}


def test_an_empty_list_of_keys_is_not_taken_for_no_keys(file: Path, refusal):
    assert "no usable key" in refusal(load, file, [])


@pytest.mark.parametrize("paths", ["missing.jws", ["missing.jws"]])
def test_a_file_that_is_not_there_is_the_callers_mistake(paths, refusal):
    assert "missing.jws" in refusal(load, paths)


def test_a_folder_is_all_the_ledgers_in_it_and_what_is_none_is_named(
    file: Path, key_files: list[Path], drawn: Sketch
):
    case = load(file.parent, drawn.ring)

    assert [(source.source, source.format) for source in case.report.inputs] == [
        (str(file), "jws"),
        *((str(path), "other") for path in key_files),
    ]
    assert len(case.ledger) == 3
    assert any("a.json" in sentence for sentence in case.report.not_established)


def test_an_empty_folder_is_an_empty_ledger(tmp_path: Path):
    assert [finding.code for finding in load(tmp_path).report.findings] == ["ECT009"]


def test_a_pattern_is_all_files_that_match(file: Path, drawn: Sketch, refusal):
    assert len(load(str(file.with_name("l*.j?s")), drawn.ring).ledger) == 3
    assert "no file matches" in refusal(load, str(file.with_name("x*")))


def test_several_files_are_one_ledger(tmp_path: Path, drawn: Sketch):
    paths = [tmp_path / f"{number}.jws" for number in range(3)]
    for path, record in zip(paths, drawn.records, strict=True):
        path.write_bytes(record)

    case = load([str(paths[0]), *paths[1:]], drawn.ring)

    assert [source.source for source in case.report.inputs] == list(map(str, paths))
    assert [finding.code for finding in case.report.findings] == ["ECT303"]


def test_a_file_named_twice_is_read_once(file: Path, drawn: Sketch):
    assert len(load([file, str(file)], drawn.ring).ledger) == 3


def test_the_policy_counts(file: Path, drawn: Sketch):
    case = load(file, drawn.ring, policy=Policy(max_parents=2, max_depth=1))

    assert case.policy.max_parents == 2
    assert {finding.code for finding in case.report.findings} == {"ECT303", "ECT501", "ECT502"}


def test_progress_is_told_in_bytes(file: Path, drawn: Sketch):
    told: list[int] = []

    load(file, drawn.ring, progress=told.append)

    assert sum(told) == len(drawn.data)


def test_how_to_read_counts(tmp_path: Path, drawn: Sketch):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b'{"entries": []}\n' + drawn.data)

    assert load(path, drawn.ring).ledger.inputs[0].format == "json"
    assert len(load(path, drawn.ring, manner=Manner(format="jsonl")).ledger) == 4


def test_several_sources_can_be_cases_of_their_own(tmp_path: Path, key_files: list[Path]):
    for name in "ba":
        (tmp_path / f"{name}.jws").write_bytes(sketch(f"{name}@0<z").data)
    policy = Policy(max_parents=0)

    cases = list(load_each(str(tmp_path / "*.jws"), key_files, policy=policy))

    assert [case.ledger.inputs[0].source[-5:] for case in cases] == ["a.jws", "b.jws"]
    assert all(case.policy is policy and case.ring is cases[0].ring for case in cases)
    assert [len(case.report.findings) for case in cases] == [2, 2]
    assert list(load_each([], key_files)) == []


# Compared with a checkpoint


@pytest.fixture
def note(tmp_path: Path, file: Path, drawn: Sketch) -> Path:
    """A checkpoint of the ledger, as it was before its last record."""
    path = tmp_path / "before.jws"
    path.write_bytes(b"".join(record + b"\n" for record in drawn.records[:2]))
    case = load(path, drawn.ring, manner=Manner(digest=1 << 30))
    made = checkpoint.make(case.ledger, drawn.ring.digest, case.policy, {})
    path = tmp_path / "note.json"
    path.write_bytes(checkpoint.to_json(made))
    return path


@pytest.mark.parametrize("option", ["against", "since"])
def test_a_ledger_that_grew_is_what_the_checkpoint_saw(
    file: Path, note: Path, drawn: Sketch, option: str
):
    case = load(file, drawn.ring, **{option: note})

    assert any("byte for byte, and 1 record after" in each for each in case.report.established)
    assert [finding.code for finding in case.report.findings] == ["ECT303"]
    assert case.ledger.earlier == (2 if option == "since" else 0)


@pytest.mark.parametrize("option", ["against", "since"])
def test_a_ledger_that_was_written_anew_is_not(file: Path, note: Path, drawn: Sketch, option: str):
    file.write_bytes(drawn.records[1] + b"\n" + drawn.records[0] + b"\n" + drawn.records[2] + b"\n")
    case = load(file, drawn.ring, **{option: note})

    assert {finding.code for finding in case.report.findings} == {"ECT303", "ECT605"}
    assert len(case.ledger) == 3


@pytest.mark.parametrize(
    ("keys", "policy"), [(None, None), ("agent-a", None), ("agent-b", Policy(skew=31))]
)
def test_what_was_verified_otherwise_is_verified_again(
    file: Path, note: Path, drawn: Sketch, keys: str | None, policy: Policy | None
):
    ring = {"agent-a": KeyRing.from_jwks(jwks("agent-a")), "agent-b": drawn.ring}.get(keys or "")
    case = load(file, ring, policy=policy, since=note)

    assert (len(case.ledger), case.ledger.earlier) == (3, 0)
    assert any("so all was verified" in sentence for sentence in case.report.not_established)


def test_a_checkpoint_is_compared_with_one_ledger_in_one_way(
    file: Path, note: Path, tmp_path: Path, refusal
):
    assert "exclude each other" in refusal(load, file, against=note, since=note)
    assert "2 are given" in refusal(load, [file, tmp_path / "before.jws"], against=note)
    assert "2 are given" in refusal(load, str(tmp_path / "*.jws"), against=note)
    assert "no checkpoint" in refusal(load, file, against=file)
    assert "cannot be read" in refusal(load, file, since=tmp_path / "none.json")


# Asking


@pytest.fixture
def case(file: Path, drawn: Sketch) -> Case:
    return load(file, drawn.ring)


def test_a_case_is_its_ledger_its_graph_its_report_and_its_tables(case: Case):
    assert isinstance(case.ledger, Ledger)
    assert type(case.graph) is nx.DiGraph
    assert isinstance(case.report, Report)
    for frame in (case.tasks, case.edges, case.findings, case.records):
        assert isinstance(frame, pd.DataFrame)
    assert set(case.graph) == set(case.tasks.task) == {task_id(name) for name in "abcz"}
    assert case.graph.number_of_edges() == len(case.edges) == 4
    assert len(case.report.findings) == len(case.findings) == 1


def test_what_was_asked_once_is_not_worked_out_again(case: Case):
    assert case.graph is case.graph
    assert case.report is case.report
    assert case.tasks is case.tasks
    assert case.edges is case.edges
    assert case.findings is case.findings
    assert case.records is case.records


def test_a_task_is_shown_by_the_beginning_of_its_jti(case: Case, refusal):
    assert case.show(task_id("b")[:8]).name == task_id("b")
    assert [check.number for check in case.show(task_id("b")).records[0].checks][-1] == 15
    assert "no task" in refusal(case.show, "zzz")


def test_linting_with_a_choice_leaves_the_report_as_it_was(case: Case):
    assert case.lint(ignore=["ECT303"]).at_least("note") == []
    assert case.lint(select=["ECT2"]).at_least("note") == []
    assert [finding.ignored for finding in case.report.findings] == [False]


def test_its_repr_says_what_there_is_in_a_line(case: Case):
    said = repr(case)

    assert said.startswith("<Case: ")
    assert "\n" not in said
    assert [part for part in ("3 records", "3 tasks", "3 verified") if part not in said] == []
    assert repr(Case(sketch("a@0<a").ledger(), None, Policy())) != said


def test_an_empty_ledger_is_a_case_too():
    empty = Case(sketch("").ledger(), None, Policy())

    assert "0 records" in repr(empty)
    assert len(empty.graph) == len(empty.tasks) == len(empty.edges) == 0
    assert list(empty.findings.code) == ["ECT009"]
    assert "0 tasks" in empty.draw().dot


# Drawing


def test_a_drawing_shows_itself_in_a_notebook_and_has_its_text_where_none_can(case: Case):
    drawing = case.draw()

    bundle = drawing._repr_mimebundle_(include=None, exclude=None)

    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == drawing.text()
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")  # noqa: S314


def test_a_drawing_that_hides_tasks_says_how_many(case: Case):
    whole, part = case.draw(), case.draw(max_nodes=2)

    assert (whole.hidden, part.hidden) == (0, 1)
    assert "hidden" not in whole.dot
    assert "1 hidden" in part.dot
    assert len(part.diagram.boxes) == 2


@pytest.mark.parametrize("max_nodes", [4, 99, None])
def test_a_drawing_that_fits_hides_nothing(case: Case, max_nodes: int | None):
    assert case.draw(max_nodes=max_nodes).diagram == case.draw().diagram


def test_a_large_case_is_not_drawn_in_full_by_default():
    large = sketch("; ".join(f"t{n}@{n} act=a{n}" for n in range(401)))
    drawing = Case(large.ledger(), large.ring, large.policy).draw()

    assert (len(drawing.diagram.boxes), drawing.hidden) == (1, 0)
    assert drawing.notes == (
        "401 tasks in 1 group, 0 parent links; tasks of one agent are one box",
    )


def test_a_case_without_usable_keys_cannot_be_made(file: Path, tmp_path: Path):
    path = tmp_path / "bad.json"
    path.write_text('{"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}', "utf-8")

    with pytest.raises(EctgraphError, match="no usable key"):
        load(file, path)
    assert KeyRing.from_jwks(json.loads(path.read_text("utf-8"))).bad


def test_what_is_no_case_cannot_be_compared(case: Case, refusal):
    for other in ("other.jws", None):
        assert "case.diff(ectgraph.load(…))" in refusal(case.diff, other)


def test_what_names_nothing_cannot_be_explained(case: Case, refusal):
    assert "give a finding, or a code" in refusal(case.explain, None)
    assert "did you mean 'focus'?" in refusal(case.draw, focs="a")
