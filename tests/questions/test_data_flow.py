"""What is said of inputs and outputs, and of the files that they may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ectgraph import load
from ectgraph.artifacts import Artifacts
from ectgraph.encoding import hash_of
from ectgraph.ledger import Ledger
from ectgraph.policy import Policy
from ectgraph.questions.answer import Answer
from ectgraph.questions.data_flow import (
    artifacts,
    data_flow,
    inputs_from_nowhere,
    unused_outputs,
)
from ectgraph.rule import Evidence
from ectgraph.testing import sketch, task_id

ONE, TWO, THREE = (hash_of(text) for text in (b"one", b"two", b"three"))


def rows(answer: Answer, *names: str) -> list[tuple[object, ...]]:
    at = [[column.name for column in answer.columns].index(name) for name in names]
    return [tuple(row[place] for place in at) for row in answer.rows]


def test_pairs_are_told_along_links_and_beside_them():
    evidence = sketch(
        f"a@0 out_hash={ONE}; b@5<a inp_hash={ONE} out_hash={TWO}; "
        f"c@9 wid=other inp_hash={TWO}; d@2 inp_hash={TWO}"
    ).evidence()

    answer = data_flow(evidence)

    a, b, c, d = map(task_id, "abcd")
    assert rows(answer, "maker", "taker", "way", "workflow", "gap_s", "hash") == [
        (a, b, "parent", "same", 5, ONE),
        (b, c, "beside", "other", 4, TWO),
        (b, d, "beside", "same", -3, TWO),
    ]
    assert answer.tasks == (a, b, c, d)
    assert answer.established == (
        "Along 1 of 1 parent link an output became an input.",
        "2 pairs of tasks share data beside parent links.",
        "1 of 3 pairs in all is of two workflows.",
    )
    assert "In 1 pair the taker says that it ended before the maker did." in answer.not_established


@pytest.mark.parametrize("ask", [data_flow, inputs_from_nowhere, unused_outputs])
def test_what_only_unproven_tokens_say_is_told_as_claimed(ask):
    text = f"a@0 inp_hash={THREE} out_hash={ONE}; b@5<a inp_hash={ONE} out_hash={TWO} !flipped"
    if ask is inputs_from_nowhere:
        text = text.replace("; b@5", " !flipped; b@5")
    said = {
        end: " ".join(ask(sketch(text + end).evidence()).not_established)
        for end in ("", "; !no-keys")
    }
    assert "1 of these tasks did not verify: who made it" in said[""]
    assert "No keys were given" in said["; !no-keys"]
    proven = ask(sketch(text.replace(" !flipped", "")).evidence())
    assert "verify" not in " ".join(proven.not_established)


def test_pairs_of_a_common_hash_are_counted_and_not_listed(entry):
    from ectgraph.ledger import Ledger
    from ectgraph.policy import Policy

    made = [entry(f"m{number}", out_hash=ONE) for number in range(40)]
    taken = [entry(f"t{number}", inp_hash=ONE) for number in range(40)]

    answer = data_flow(Evidence(Ledger([*made, *taken]), None, Policy()))

    assert answer.rows == ()
    assert "1,600 more pairs beside parent links are not listed" in answer.not_established[1]


def test_inputs_from_nowhere_tell_roots_apart():
    evidence = sketch(
        f"a@0 inp_hash={ONE} out_hash={ONE}; b@1<a inp_hash={TWO}; c@2<gone inp_hash={TWO}; "
        f"d@3 out_hash={THREE}; e@4<b inp_hash={THREE}; f@5 inp_hash=nothing"
    ).evidence()

    answer = inputs_from_nowhere(evidence)

    a, b, c = map(task_id, "abc")
    assert rows(answer, "task", "parents", "alike", "inp_hash") == [
        (a, "none", 1, ONE),
        (b, "known", 2, TWO),
        (c, "missing", 2, TWO),
    ]
    assert answer.established == (
        "4 tasks state what went in; for 3 it is what no other task put out.",
        "1 of them without parents.",
    )
    assert answer.tasks == (a, b, c)
    assert "2 tasks state no such hash." in answer.not_established


def test_unused_outputs_tell_results_apart():
    evidence = sketch(
        f"a@0 out_hash={ONE}; b@1<a inp_hash={ONE} out_hash={TWO}; c@2 out_hash={THREE}; d@3<c"
    ).evidence()

    answer = unused_outputs(evidence)

    assert rows(answer, "task", "children") == [(task_id("b"), "none"), (task_id("c"), "some")]
    assert "1 of them without children." in answer.established


def test_a_hash_of_another_kind_could_not_have_met_any():
    import base64
    import hashlib

    text = base64.urlsafe_b64encode(hashlib.sha512(b"one").digest()).rstrip(b"=").decode()
    evidence = sketch(f"a@0 out_hash={ONE}; b@1<a inp_hash=sha-512:{text}").evidence()

    doubts = inputs_from_nowhere(evidence).not_established

    assert any(doubt.startswith("1 of the hashes is of a kind that no task") for doubt in doubts)


@pytest.mark.parametrize("ask", [data_flow, inputs_from_nowhere, unused_outputs])
@pytest.mark.parametrize("text", ["", "a@0; b@1<a", "a@0<b; b@1<a", "'junk'", "a@0<gone"])
def test_where_no_hash_is_stated_the_answer_is_empty_and_says_so(ask, text: str):
    answer = ask(sketch(text).evidence())

    assert answer.rows == ()
    assert len(answer.columns) > 5
    assert "0" in answer.established[0]


# Files


def test_without_files_the_answer_says_how_to_give_some(refusal):
    assert "--artifacts DIR" in refusal(artifacts, sketch("a@0").evidence())


def test_files_are_told_by_the_tasks_that_took_them_in_or_made_them(tmp_path: Path):
    for name, text in {"x": "one", "y": "one", "z": "else"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "ledger").mkdir()
    ledger = tmp_path / "ledger" / "l.jws"
    ledger.write_bytes(
        sketch(
            f"a@0 out_hash={TWO}; b@1<a inp_hash=sha-256:{ONE} out_hash={ONE}; c@2 jti= out_hash={ONE}"
        ).data
    )

    answer = load(ledger, artifacts=tmp_path).ask("artifacts")

    a, b = task_id("a"), task_id("b")
    assert rows(answer, "claim", "file", "files", "task") == [
        ("inp_hash", "x", 2, b),
        ("out_hash", "x", 2, b),
        ("out_hash", "x", 2, None),
        ("out_hash", None, None, a),
        (None, str(Path("ledger", "l.jws")), 1, None),
        (None, "z", 1, None),
    ]
    assert answer.established == (
        "4 hashes in tokens; a file has 3.",
        "4 files; no token states 2.",
    )
    assert answer.tasks == (b, a)


def test_a_common_hash_has_a_row_for_each_task_and_no_more(tmp_path: Path):
    files = Artifacts.of([b"one"] * 100)
    made = sketch("; ".join(f"t{number}@0 inp_hash={ONE}" for number in range(50)))
    evidence = Evidence(made.ledger(), made.ring, made.policy, artifacts=files)

    answer = artifacts(evidence)

    assert len(answer.rows) == 50
    assert rows(answer, "files")[0] == (100,)


def test_what_was_not_hashed_or_not_read_is_a_doubt(tmp_path: Path):
    (tmp_path / "x").write_text("one", "utf-8")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    made = sketch(f"a@0 out_hash={ONE}")
    files = Artifacts.read(tmp_path, ["sha512"])

    answer = artifacts(Evidence(made.ledger(), made.ring, made.policy, artifacts=files))

    assert answer.rows[0][1] == "x"
    doubts = " ".join(answer.not_established)
    assert "1 path in " in doubts
    assert "1 hash of another kind" in doubts
    assert "No token states a hash that files could be compared with." in doubts


def test_without_a_hash_in_the_ledger_no_file_is_said_to_be_unused_or_used(tmp_path: Path):
    (tmp_path / "l.jws").write_bytes(sketch("a@0").data)

    answer = load(tmp_path / "l.jws", artifacts=tmp_path).ask("artifacts")

    assert answer.rows == ()
    assert answer.established[1] == "1 file; no token states 1."


def test_a_time_that_no_calendar_holds_makes_no_gap(entry):
    stated = [
        entry("1", iat=1e308, out_hash=ONE),
        entry("2", parents=["1"], iat=9, inp_hash=ONE),
    ]
    assert rows(data_flow(Evidence(Ledger(stated), None, Policy())), "gap_s") == [(None,)]
