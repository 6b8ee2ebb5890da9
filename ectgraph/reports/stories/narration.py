"""Explanation -> text for people, on a terminal or in a page.

Everything in a token is written by somebody else; what is shown of it goes through `escape`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.model import Finding
from ectgraph.reports.stories.ancestry import Ancestry, Flow, Kin
from ectgraph.reports.stories.exhibits import WIDTH, Exhibit, trust
from ectgraph.reports.stories.explanation import Card, Chapter, Explanation
from ectgraph.reports.task import Neighbour
from ectgraph.reports.text import STYLES

_WIDTH = 96
"""Characters of a line of prose."""


def to_text(explanation: Explanation) -> Iterator[Text]:
    """Lines for a terminal."""
    lines = [line for section in _SECTIONS for line in section(explanation)]
    yield from lines
    yield from _words(lines)
    yield from _commands_text(explanation)


def _chapters_text(explanation: Explanation) -> Iterator[Text]:
    for number, chapter in enumerate(explanation.chapters):
        if number or explanation.of_task:
            yield Text()
        yield from _chapter_text(chapter, explanation)
    if explanation.more_chapters:
        yield Text()
        yield from _wrapped(f"Also found: {', '.join(explanation.more_chapters)}", 0)


def _records_text(explanation: Explanation) -> Iterator[Text]:
    if not explanation.records:
        return
    yield Text("\nThe records", "bold")
    for number, card in enumerate(explanation.records, 1):
        yield from _card_text(number, card)
    if explanation.more_records:
        yield Text(f"  … and {explanation.more_records:,} more", "dim")


def _not_known_text(explanation: Explanation) -> Iterator[Text]:
    if explanation.not_known:
        yield Text("\nNot known", "bold")
        for sentence in explanation.not_known:
            yield from _wrapped(sentence, 4, ("  ? ", "yellow"))


def _words(lines: Sequence[Text]) -> Iterator[Text]:
    """What the words mean that only those know who know the format."""
    text = " ".join(line.plain for line in lines)
    met = [
        f"{word}: {means}" for word, means in _GLOSSARY.items() if re.search(rf"\b{word}\b", text)
    ]
    if met:
        yield Text("\nWords", "bold")
        yield from _wrapped(" · ".join(met), 2, style="dim")


_GLOSSARY = {
    "jti": "the id of a task, by which others name it as a parent",
    "wid": "the id of its workflow",
    "iss": "the agent that says it did the task",
    "iat": "when, by its own word, its token was issued",
    "exp": "until when a verifier may take it",
    "kid": "the name of the key it signed with",
    "inp_hash": "the hash of what went in",
    "out_hash": "the hash of what came out",
}


def _commands_text(explanation: Explanation) -> Iterator[Text]:
    if explanation.commands:
        yield Text("\nLook next", "bold")
        for command in explanation.commands:
            yield Text(f"  {escape.terminal(command.purpose, 160)}", "dim")
            yield Text(f"    {command.line}")


def _title(explanation: Explanation) -> Iterator[Text]:
    """Whose story it is, and what there is to tell."""
    for remark in explanation.remarks:
        yield Text(f"({remark})", "dim")
    task = explanation.task
    if task is None or not explanation.of_task:
        return
    yield _name(task, bold=True)
    own = [
        told.finding
        for chapter in explanation.chapters
        for told in chapter.told
        if told.finding.task == explanation.node
    ]
    if not explanation.chapters:
        yield from _wrapped("No rule found anything wrong with this task.", 2)
        yield Text("\nWhat that means, and what not", "bold")
        for sentence in _no_findings(explanation):
            yield from _wrapped(sentence, 2)
    elif not own:
        yield from _wrapped("No finding is about it alone; these name its record.", 2)


def _no_findings(explanation: Explanation) -> tuple[str, str]:
    """What it means that a task has no findings, and what it does not mean."""
    passed = ", ".join(step.title for step in explanation.passed) or "none"
    return (
        f"Its record passed these checks: {passed}.",
        _NOT_SHOWN,
    )


_NOT_SHOWN = (
    "That does not show that the work was done, or done well: a signature shows who says so, and "
    "the checks show that nothing here contradicts it."
)


def _name(task: Neighbour, *, bold: bool = False) -> Text:
    """A task in a line: what, who, which."""
    act = task.exec_act or ("a missing task" if task.trust == "missing" else "(no action)")
    line = Text().append(escape.terminal(act, 80), "bold" if bold else "")
    for fact in (task.iss, task.jti, "" if task.trust == "missing" else trust(task.trust)):
        if fact:
            line.append(f" · {escape.terminal(fact, 120)}")
    return line


def _chapter_text(chapter: Chapter, explanation: Explanation) -> Iterator[Text]:
    for told in chapter.told:
        yield from _headline(told.finding, explanation)
    if chapter.more:
        yield Text(f"  … and {chapter.more:,} more of {chapter.code}", "dim")
    yield Text("\nWhat it means", "bold")
    for paragraph in chapter.doc:
        yield from _wrapped(paragraph, 2)
    yield from _wrapped(f"Source: {chapter.cites}", 2, style="dim")
    yield from _wrapped(chapter.advice, 4, ("  → ", "bold"))
    for told in chapter.told:
        for exhibit in told.exhibits:
            yield from _exhibit_text(exhibit)


def _headline(finding: Finding, explanation: Explanation) -> Iterator[Text]:
    line = Text().append(finding.severity.value, STYLES[finding.severity])
    line.append(f" {finding.code} {finding.name}", "bold").append(
        f"  [{finding.fingerprint}]", "dim"
    )
    yield line
    if not explanation.of_task and explanation.task is not None:
        yield Text("  ").append_text(_name(explanation.task))
    elif finding.task is not None and finding.task != explanation.node:
        about = Neighbour(
            jti=finding.jti or finding.task,
            exec_act=finding.exec_act,
            iss=finding.iss,
            trust="missing" if finding.missing else "",
        )
        yield Text("  about ").append_text(_name(about))
    yield from _wrapped(finding.message, 2)
    if not finding.counts:
        how = "ignored" if finding.ignored else "known, by the baseline"
        why = f": {finding.reason}" if finding.reason else ""
        yield from _wrapped(f"It does not count: it is {how}{why}", 2, style="yellow")


def _exhibit_text(exhibit: Exhibit) -> Iterator[Text]:
    yield Text(f"\n{exhibit.title}", "bold")
    rows = [*([exhibit.columns] if exhibit.columns else []), *exhibit.rows]
    cells = [[escape.terminal(cell, 2 * WIDTH) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        style = "dim" if exhibit.columns and not number else ""
        yield Text(f"  {'  '.join(padded)}".rstrip(), style)
    if exhibit.note:
        yield from _wrapped(exhibit.note, 2, style="dim")


def _card_text(number: int, card: Card) -> Iterator[Text]:
    where_ = [f"byte {card.offset:,}"] if card.offset is not None else []
    where_ += [f"sha256 {card.sha256[:16]}…"] if card.sha256 else []
    facts = f"  {' · '.join(where_)}" if where_ else ""
    yield Text.assemble(f"  {number}  ", (escape.terminal(card.place, 200), "bold"), (facts, "dim"))
    if card.task is not None:
        task = card.task
        act = escape.terminal(task.exec_act or "(no action)", 60)
        agent = escape.terminal(task.iss or "nobody named", 120)
        jti = escape.terminal(labels.short(task.jti), 40) or "no jti"
        yield Text(f"     {act} by {agent} · {jti} · ").append(
            trust(task.trust), _style(task.trust)
        )
        times = ["issued " + ("not stated" if card.issued is None else labels.time(card.issued))]
        times += [f"recorded {_recorded(card)}"] if card.recorded is not None else []
        times += [f"kid {card.kid}"] if card.kid else []
        yield Text(f"     {escape.terminal(' · '.join(times), 200)}")
    elif card.begins:
        yield Text(f"     begins {escape.terminal(card.begins, 90)}")


def _recorded(card: Card) -> str:
    """When the ledger says that it took a record in; texts as they are."""
    stated = card.recorded
    return stated if isinstance(stated, str) else "" if stated is None else labels.time(stated)


def _style(outcome: str) -> str:
    return {"verified": "green", "missing": "yellow", "unchecked": "yellow"}.get(outcome, "red")


def _lineage_text(explanation: Explanation) -> Iterator[Text]:
    told = explanation.ancestry
    if told is None:
        return
    yield Text("\nLineage", "bold").append(
        "  ── in a verified token   ┄┄ only claimed", "not bold dim"
    )
    yield Text("  ").append_text(_kin_line(told.focus)).append("  ← this task", "dim")
    for title, kin, more in (
        ("builds on", told.parents, told.more_parents),
        ("is built on by", told.children, told.more_children),
    ):
        if not kin:
            unknown = told.focus.task.trust == "missing" and title == "builds on"
            yield Text(f"  {title} {'what is not known' if unknown else 'nothing here'}", "dim")
            continue
        yield Text(f"  {title}", "dim")
        yield from _tree(told, kin, more, "  ")
    if told.flows:
        yield Text("\nInferred", "bold").append(
            "  by hashes alone; no link says so", "not bold dim"
        )
        for flow in told.flows:
            yield from _flow_text(flow)
        if told.more_flows:
            shared = "a hash that many share shows little"
            yield Text(f"  … and {told.more_flows:,} more; {shared}", "dim")


def _tree(told: Ancestry, branches: Sequence[Kin], hidden: int, indent: str) -> Iterator[Text]:
    """The lines of a tree; it is as deep as `ancestry` makes it."""
    for number, kin in enumerate(branches):
        last = number == len(branches) - 1 and not hidden
        stroke = "──" if kin.signed else "┄┄"
        line = Text(f"{indent}{'└' if last else '├'}{stroke} ").append_text(_kin_line(kin))
        if kin.again:
            where_ = "this task again" if kin.node == told.focus.node else "shown elsewhere here"
            yield line.append(f"  ({where_})", "dim")
            continue
        yield line
        yield from _tree(told, kin.behind, kin.hidden, indent + ("    " if last else "│   "))
    if hidden:
        yield Text(f"{indent}└ … and {hidden:,} more", "dim")


def _kin_line(kin: Kin) -> Text:
    task = kin.task
    act = escape.terminal(task.exec_act or ("(no record)" if task.trust == "missing" else "?"), 60)
    agent = escape.terminal(labels.agent(task.iss or ""), 60)
    jti = escape.terminal(labels.short(task.jti), 40)
    line = Text(f"{act}{f' by {agent}' if agent else ''}  {jti}  ")
    line.append(trust(task.trust), _style(task.trust))
    return line.append(f"  {' '.join(kin.codes)}", "bold") if kin.codes else line


def _flow_text(flow: Flow) -> Iterator[Text]:
    how = "its output is the input of" if flow.into else "its input is the output of"
    kin = Kin(
        node=flow.node, task=flow.task, codes=(), signed=False, again=False, behind=(), hidden=0
    )
    yield Text(f"  {how} ").append_text(_kin_line(kin)).append(f"  ({flow.hash[:16]}…)", "dim")


def _wrapped(
    text: str, indent: int, mark: tuple[str, str] | None = None, style: str = ""
) -> Iterator[Text]:
    """A sentence in lines of a readable width."""
    safe = escape.terminal(text, 4 * escape.LONG)
    for number, line in enumerate(textwrap.wrap(safe, _WIDTH - indent) or [""]):
        if mark is not None and number == 0:
            yield Text.assemble(mark, (line, style))
        else:
            yield Text(" " * indent + line, style)


_SECTIONS = (
    _title,
    _chapters_text,
    _records_text,
    _lineage_text,
    _not_known_text,
)


# As Markdown


def to_markdown(explanation: Explanation) -> str:
    """Write it as Markdown, for a note on a case or a comment."""
    return "\n".join(_markdown(explanation)) + "\n"


def _markdown(explanation: Explanation) -> Iterator[str]:
    task = explanation.task
    if explanation.of_task and task is not None:
        yield f"## {escape.markdown(_name(task).plain)}"
        if not explanation.chapters:
            yield from ("", *(escape.markdown(sentence) for sentence in _no_findings(explanation)))
    for chapter in explanation.chapters:
        yield from _chapter_markdown(chapter, explanation)
    if explanation.more_chapters:
        yield f"\nAlso found: {escape.markdown(', '.join(explanation.more_chapters))}"
    yield from _rest_markdown(explanation)


def _rest_markdown(explanation: Explanation) -> Iterator[str]:
    """What comes after the findings."""
    if explanation.records:
        yield "\n### The records\n"
        yield from _table(
            ("", "place", "SHA-256", "task", "agent", "issued", "recorded", "signature"),
            [_record_cells(number, card) for number, card in enumerate(explanation.records, 1)],
        )
    if explanation.more_records:
        yield f"\n… and {explanation.more_records:,} more"
    lineage = "\n".join(line.plain for line in _lineage_text(explanation)).strip()
    if lineage:
        yield from ("\n### Lineage\n", "```text", lineage, "```")
    if explanation.not_known:
        yield "\n### Not known\n"
        yield from (f"- {escape.markdown(sentence)}" for sentence in explanation.not_known)
    if explanation.commands:
        yield "\n### Look next\n"
        for command in explanation.commands:
            yield f"{escape.markdown(command.purpose)}:\n\n```console\n$ {command.line}\n```\n"


def _chapter_markdown(chapter: Chapter, explanation: Explanation) -> Iterator[str]:
    for told in chapter.told:
        first, *others = (line.plain.strip() for line in _headline(told.finding, explanation))
        yield f"\n## {escape.markdown(first)}\n"
        yield "  \n".join(map(escape.markdown, others))
    if chapter.more:
        yield f"\n… and {chapter.more:,} more of {escape.markdown(chapter.code)}"
    yield "\n### What it means\n"
    yield "\n\n".join(map(escape.markdown, chapter.doc))
    yield f"\nSource: {escape.markdown(chapter.cites)}\n\n**{escape.markdown(chapter.advice)}**"
    for told in chapter.told:
        for exhibit in told.exhibits:
            yield f"\n### {escape.markdown(exhibit.title)}\n"
            heads = exhibit.columns or ("",) * len(exhibit.rows[0])
            yield from _table(heads, exhibit.rows)
            if exhibit.note:
                yield f"\n{escape.markdown(exhibit.note)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads)):
        yield f"| {' | '.join(cells)} |"
    for row in rows:
        yield f"| {' | '.join(escape.markdown(cell, 2 * WIDTH) for cell in row)} |"


def _record_cells(number: int, card: Card) -> tuple[str, ...]:
    digest = card.sha256[:16] if card.sha256 else ""
    if card.task is None:
        return str(number), card.place, digest, card.begins[:40], "", "", "", ""
    task = card.task
    return (
        str(number),
        card.place,
        digest,
        labels.task(task.exec_act, task.jti),
        task.iss or "",
        "" if card.issued is None else labels.time(card.issued),
        _recorded(card),
        trust(task.trust),
    )
