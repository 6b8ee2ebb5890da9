"""What went into tasks and came out of them, as far as the hashes in tokens tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ectgraph import labels
from ectgraph.analysis.data_flow import COMMON, Claim, DataFlow, Loose, Matches, loose, match
from ectgraph.analysis.times import usable
from ectgraph.artifacts import Artifacts
from ectgraph.columns import Column
from ectgraph.errors import EctgraphError
from ectgraph.linter import place
from ectgraph.questions import doubts
from ectgraph.questions.about import TASK, about
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import question
from ectgraph.rule import Evidence

_CLAIMED = (
    "Hashes are what agents say: a token shows that its signer stated one, and not that the data "
    "were there."
)


@question
def data_flow(evidence: Evidence) -> Answer:
    """Which outputs fed which inputs?

    A row for each pair of tasks of which the `out_hash` of the one, the maker, is the `inp_hash` of
    the other, the taker. `parent`: a parent link leads from the one to the other. `beside`: none
    does, and no parent of the taker made its input; so the data came by a way that no token tells,
    or both know them from elsewhere. Hashes are compared as bytes, so the two ways to write SHA-256
    are one. Of a task with several records, what its witness states counts.

    Where one hash would tie more than 1,000 pairs together beside links (the hash of nothing, say),
    its pairs are counted and not listed. An input that is made of several outputs has a hash of its
    own, and meets none of them (draft-00 §4).
    """
    graph = evidence.graph
    flow = DataFlow(graph, evidence.ledger)
    along = [edge for edge in graph.edges if edge in flow.links]
    beside = list(flow.pairs())
    rows = [_pair(evidence, *edge, "parent") for edge in along]
    rows += [_pair(evidence, *pair, "beside") for pair in beside]
    tasks = dict.fromkeys(task for pair in (*along, *beside) for task in pair)
    links = labels.count(graph.number_of_edges(), "parent link")
    return Answer(
        question="data-flow",
        title="Which outputs fed which inputs",
        columns=_PAIR,
        rows=tuple(rows),
        established=(
            f"Along {len(along):,} of {links} an output became an input.",
            *_beside(len(beside), sum(row[_WORKFLOW] == "other" for row in rows), len(rows)),
        ),
        not_established=(
            _CLAIMED,
            *doubts.of_claims(evidence, tasks),
            *_doubts(sum((row[_GAP] or 0) < 0 for row in rows), flow.common),
        ),
        tasks=tuple(tasks),
    )


def _beside(pairs: int, across: int, every: int) -> Iterator[str]:
    verb = "shares" if pairs == 1 else "share"
    yield f"{labels.count(pairs, 'pair')} of tasks {verb} data beside parent links."
    if across:
        verb = "is" if across == 1 else "are"
        yield f"{across:,} of {labels.count(every, 'pair')} in all {verb} of two workflows."


def _doubts(back: int, common: int) -> Iterator[str]:
    if back:
        yield f"In {labels.count(back, 'pair')} the taker says that it ended before the maker did."
    if common:
        yield (
            f"{labels.count(common, 'more pair')} beside parent links are not listed: their hash "
            f"ties more than {COMMON:,} pairs together, and tells nothing of who fed whom."
        )


_PAIR = (
    Column("way", "category", "`parent`: along a parent link; `beside`: without one"),
    Column(
        "workflow", "category", "`same`: both are of one workflow, or both of none; else `other`"
    ),
    Column("gap_s", "number", "seconds from the maker's `iat` to the taker's, as they say"),
    Column("maker_act", "category", "what the maker did"),
    Column("taker_act", "category", "what the taker did"),
    Column("maker", "text", "the task whose output it is, as a node of the graph"),
    Column("taker", "text", "the task whose input it is"),
    Column("maker_iss", "category", "the agent of the maker"),
    Column("taker_iss", "category", "the agent of the taker"),
    Column("hash", "text", "what the taker states as `inp_hash`"),
)
_WORKFLOW, _GAP = 1, 2


def _pair(evidence: Evidence, maker: str, taker: str, way: str) -> tuple[Any, ...]:
    one, two = (evidence.graph.nodes[task] for task in (maker, taker))
    before, after = one.get("iat"), two.get("iat")
    token = evidence.ledger.witness(taker).token
    return (
        way,
        "same" if one.get("wid") == two.get("wid") else "other",
        after - before if usable(before) and usable(after) else None,
        one.get("exec_act"),
        two.get("exec_act"),
        maker,
        taker,
        one.get("iss"),
        two.get("iss"),
        None if token is None else token.inp_hash,
    )


@question
def inputs_from_nowhere(evidence: Evidence) -> Answer:
    """Which inputs did no task put out?

    A row for each task whose `inp_hash` is the `out_hash` of no other task in the whole ledger,
    whenever that was and in whatever workflow. It is no defect by itself: a task without parents
    takes its input from outside, and an input that is made of several, or holds more than what the
    parents made, has a hash of its own (draft-00 §4). `parents` tells those apart: `none` for a
    task without parents, `missing` where one of them has no record, else `known`.
    """
    graph, found = evidence.graph, loose(evidence.ledger, "inp_hash")

    def parents(task: str) -> str:
        above = [each for each in graph.pred[task] if each != task]
        known = all(each in evidence.ledger.tasks for each in above)
        return ("known" if known else "missing") if above else "none"

    column = Column("parents", "category", "`none`, `missing` (some have no record) or `known`")
    return _loose(evidence, found, "inp_hash", column, parents)


@question
def unused_outputs(evidence: Evidence) -> Answer:
    """Which outputs did no task take in?

    A row for each task whose `out_hash` is the `inp_hash` of no other task in the whole ledger. It
    is no defect by itself: the last task of a workflow makes its result, and an input that is made
    of several outputs has a hash of its own (draft-00 §4). `children` tells those apart: `none` for
    a task that nobody builds on, else `some`.
    """
    graph, found = evidence.graph, loose(evidence.ledger, "out_hash")

    def children(task: str) -> str:
        return "some" if any(each != task for each in graph.succ[task]) else "none"

    column = Column("children", "category", "`none` or `some`: whether a task builds on it")
    return _loose(evidence, found, "out_hash", column, children)


_ASKED = {
    "inp_hash": ("inputs-from-nowhere", "Inputs that no task put out", "went in", "put out"),
    "out_hash": ("unused-outputs", "Outputs that no task took in", "came out", "took in"),
}


def _loose(
    evidence: Evidence, found: Loose, claim: Claim, column: Column, group: Callable[[str], str]
) -> Answer:
    name, title, what, did = _ASKED[claim]
    groups = {task: group(task) for task in found.tasks}
    rows = [
        (groups[task], *about(evidence, task), found.alike[task], stated)
        for task, stated in found.tasks.items()
    ]
    of_none = sum(each == "none" for each in groups.values())
    return Answer(
        question=name,
        title=title,
        columns=(
            column,
            *TASK,
            Column("alike", "integer", "how many tasks of this table state the same hash"),
            Column(claim, "text", "the hash, as the task states it"),
        ),
        rows=tuple(rows),
        established=tuple(_stated(found, f"what {what}", f"what no other task {did}"))
        + ((f"{of_none:,} of them without {column.name}.",) if groups else ()),
        not_established=(
            _CLAIMED,
            *doubts.of_claims(evidence, found.tasks),
            *_not_stated(found),
        ),
        tasks=tuple(found.tasks),
    )


def _stated(found: Loose, what: str, unmet: str) -> Iterator[str]:
    stating = len(found.tasks) + found.met
    verb = "states" if stating == 1 else "state"
    yield f"{labels.count(stating, 'task')} {verb} {what}; for {len(found.tasks):,} it is {unmet}."


def _not_stated(found: Loose) -> Iterator[str]:
    if found.silent:
        verb = "states" if found.silent == 1 else "state"
        yield f"{labels.count(found.silent, 'task')} {verb} no such hash."
    if found.alone:
        are = "is" if found.alone == 1 else "are"
        yield (
            f"{found.alone:,} of the hashes {are} of a kind that no task states on the other side, "
            "and could not have met any."
        )


@question
def artifacts(evidence: Evidence) -> Answer:
    """Which files are what went into tasks, or came out of them?

    A row for each hash that a task states: first those that a file has (`--artifacts DIR`), then
    those that no file has; then a row for each file that no token states. Of files alike the first
    by name is told, and how many they are. A file without a task may belong to none; a hash without
    a file may be that of a file that is elsewhere, was changed by a single byte, or saved with
    other line ends (draft-00 §4).

    Raises:
        EctgraphError: no files were given.

    """
    files = evidence.artifacts
    if files is None:
        message = "there are no files to compare with: give --artifacts DIR, or load(artifacts=…)"
        raise EctgraphError(message)
    found = match(evidence.ledger, files)
    rows = [
        (
            claim,
            None if content is None else content.name,
            *_of(evidence, position),
            None if content is None else content.files,
            getattr(evidence.ledger[position].token, claim),
        )
        for position, claim, content in found.stated
    ]
    rows.sort(key=lambda row: row[1] is None)
    met = sum(row[1] is not None for row in rows)
    nobody = (None,) * len(TASK)
    rows += [(None, each.name, *nobody, each.files, None) for each in found.unmatched]
    contents = {each.name: each.files for *_, each in found.stated if each is not None}
    stated = sum(contents.values())
    tasks = tuple(dict.fromkeys(row[2] for row in rows if row[2] is not None))
    return Answer(
        question="artifacts",
        title=f"Files of {files.folder}, and the hashes in tokens",
        columns=_FILE,
        rows=tuple(rows),
        established=(
            f"{labels.count(len(found.stated), 'hash', 'hashes')} in tokens; a file has {met:,}.",
            f"{labels.count(files.files, 'file')}; no token states {files.files - stated:,}.",
        ),
        not_established=(
            _CLAIMED,
            *doubts.of_claims(evidence, tasks),
            *_unseen(files, found),
        ),
        tasks=tasks,
    )


_FILE = (
    Column("claim", "category", "`inp_hash` or `out_hash`; none for a file that no token states"),
    Column("file", "text", "the first file that has it, in the folder; none where no file does"),
    *TASK,
    Column("files", "integer", "how many files are alike"),
    Column("hash", "text", "the hash, as the token states it"),
)


def _of(evidence: Evidence, position: int) -> tuple[object, ...]:
    """The values of `TASK` for a record; its own place, and what it says itself."""
    entry = evidence.ledger[position]
    token = entry.token
    if token is None:  # what states a hash has a token
        return (None,) * len(TASK)
    task = None if token.jti is None else evidence.ledger.node(token.jti, token.wid)
    where = str(place(entry.record))
    return task, token.exec_act, token.iss, token.iat, entry.trust.value, where


def _unseen(files: Artifacts, found: Matches) -> Iterator[str]:
    """What was not compared."""
    if files.unread:
        yield (
            f"{labels.count(len(files.unread), 'path')} in {files.folder} could not be read: "
            f"{labels.some(files.unread)}."
        )
    if found.unhashed:
        yield (
            f"{labels.count(found.unhashed, 'hash', 'hashes')} of another kind than the files were "
            "hashed in were left out."
        )
    if not found.stated:
        yield "No token states a hash that files could be compared with."
