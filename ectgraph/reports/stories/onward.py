"""What a story leaves open, and where to go on from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ectgraph import labels
from ectgraph.agent.steps import Step
from ectgraph.integrity import recorded
from ectgraph.linter import place
from ectgraph.model import Entry, Finding, Place, Trust
from ectgraph.reports.checks import lineage
from ectgraph.reports.invocation import LONGEST, Invocation, about, quoted
from ectgraph.reports.stories.exhibits import trust, where
from ectgraph.reports.stories.meaning import Scene


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something to do next."""

    purpose: str
    line: str


def not_known(
    scene: Scene,
    node: str | None,
    findings: Sequence[Finding],
    entries: Sequence[Entry],
    undone: Sequence[Step],
) -> Iterator[str]:
    """What a story leaves open, in sentences."""
    evidence = scene.evidence
    ledger = evidence.ledger
    if evidence.ring is None:
        yield "who signed any of this: no keys were given, so nothing here is verified (--keys)"
    for entry in entries if evidence.ring is not None else ():
        if entry.token is not None and entry.trust is not Trust.VERIFIED:
            at = where(place(entry.record))
            yield f"who wrote {at}: its signature is not verified ({trust(entry.trust)})"
    if node is not None:
        yield from _not_known_of(scene, node, findings, is_told=bool(undone))
    tokens = [entry for entry in entries if entry.token is not None]
    if tokens and all(recorded(entry) is None for entry in tokens):
        yield "when it was made: the ledger states no time of its own, and iat is the signer's word"
    unread = sum(entry.token is None for entry in ledger) - (len(entries) - len(tokens))
    if unread:
        yield f"what {labels.count(unread, 'other record')} said: no token could be read there"
    loose = {entry.record.source for entry in entries} - evidence.chained
    if loose:
        names = labels.some([where(Place(name)) for name in sorted(loose)])
        yield f"whether records of {names} were taken out or added: no hash chain shows it"
    for step in undone:
        yield f"what step {step.number}, {step.title}, would show: not done, {step.detail}"


def _not_known_of(
    scene: Scene, node: str, findings: Sequence[Finding], *, is_told: bool
) -> Iterator[str]:
    """What is not known of a task; of its ancestors only where no step of verifying tells that."""
    evidence = scene.evidence
    if node not in evidence.ledger.tasks:
        yield "what this task did, when, and for whom: it has no record here, only a name"
        return
    if any("differ" in finding.evidence for finding in findings) and evidence.graph.succ[node]:
        yield "which version the tasks saw that build on it: a parent is named by its jti alone"
    above = lineage(evidence, scene.findings, node)
    if above.doubtful and not is_told:
        yield (
            f"whether its history holds: {above.doubtful:,} of "
            f"{labels.count(above.known, 'ancestor')} have no record here, are not verified, "
            "or have errors of their own"
        )


# Where to go on


def commands(
    scene: Scene, node: str | None, findings: Sequence[Finding], entries: Sequence[Entry]
) -> Iterator[Command]:
    """What to do next, as command lines to copy."""
    invocation, ledger = scene.invocation, scene.evidence.ledger
    again = " (with the same standard input)" if "-" in invocation.paths else ""
    unread = next((entry for entry in entries if entry.token is None), None)
    if unread is not None:
        yield from _made("its bytes, harmless to look at", _bytes_of(scene, unread))
    nodes = [
        ledger.node(entry.token.jti, entry.token.wid)
        for entry in entries
        if entry.token is not None and entry.token.jti is not None
    ]
    here = [each for each in dict.fromkeys([node, *nodes]) if each and each in ledger.tasks]
    for task in here[:1]:
        purpose = (
            f"all of {scene.name(task)}: its bytes, claims, checks, parents and children{again}"
        )
        yield from _made(purpose, invocation.command("show", scene.handle(task)))
    for task in [task for task in here if task != node][:1]:
        purpose = f"the story of {scene.name(task)}{again}"
        yield from _made(purpose, invocation.command("explain", scene.handle(task)))
    if not here and ledger.entries:
        yield from _made(f"all records in a table{again}", invocation.command("table", "records"))
    if findings:
        code = findings[0].code
        line = about(code, scene.rules)
        yield from _made(f"all that the rule {code} says, with examples", line)
    if not ledger.entries:
        return
    picture = re.sub(r"[^\w-]+.*", "", Path(invocation.paths[0]).name, flags=re.ASCII)
    picture = f"{picture.lstrip('-') or 'workflow'}.svg"
    near = (f"--focus={scene.handle(here[0])}",) if here else ()
    what = f"{scene.name(here[0])} and its neighbours" if here else "the whole ledger"
    options = (*invocation.options, *near, "-o", picture)
    drawing = Invocation(paths=invocation.paths, options=options)
    yield from _made(f"a picture of {what}{again}", drawing.command("draw"))


def _made(purpose: str, line: str | None) -> Iterator[Command]:
    """A command, where there is a line for it."""
    if line is not None:
        yield Command(purpose=purpose, line=line)


def _bytes_of(scene: Scene, entry: Entry) -> str | None:
    """A command line that shows the bytes of a record, where they lie in a file as they are."""
    record = entry.record
    files = {each.source for each in scene.evidence.ledger.inputs if each.compression is None}
    if record.offset is None or record.source not in files - {"-"} or "\0" in record.source:
        return None
    file = quoted(record.source)
    line = f"tail -c +{record.offset + 1} -- {file} | head -c {record.length} | cat -v"
    return line if len(line) <= LONGEST else None
