"""Rule -> text, JSON (`ectgraph-rules/1`) and Markdown, with what its examples really yield.

For people who meet a code for the first time, and for authors of rules, who see here whether their
examples do what they should.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.agent.verdict import STEPS
from ectgraph.examples import Outcome
from ectgraph.model import Finding, Severity
from ectgraph.reports.example import Item, items
from ectgraph.reports.json import finding_document, indented
from ectgraph.reports.text import STYLES
from ectgraph.rule import Rule
from ectgraph.version import __version__

Proved = Sequence[tuple[Rule, Sequence[Outcome]]]
"""Rules, and what the examples of each came to."""

LOOKS_AT = {
    "token": "one record at a time",
    "link": "a task and one of its parents",
    "ledger": "the whole ledger",
}
"""What a rule of each kind looks at."""
OURS = "ectgraph"
"""The origin of rules that are nobody else's."""
TASKS = 12
"""Parts of an example that are listed."""
WIDTH = 88
"""Columns of text; fewer where the terminal has fewer."""


def to_text(proved: Proved, width: int = WIDTH) -> Iterator[Text]:
    """The lines that tell rules whole: what each is, what to do, what its examples yield."""
    width = min(width, WIDTH)
    for rule, outcomes in proved:
        yield Text.assemble(
            (f"{rule.code} {rule.name}", "bold"), "  ", (rule.severity.value, STYLES[rule.severity])
        )
        yield Text()
        yield from _paragraphs(rule.doc or "Its author says nothing about it.", width)
        yield from _heading("What to do")
        yield from _paragraphs(rule.advice or "Its author does not say.", width)
        yield from _heading("About this rule")
        yield from (_fact(name, value, width) for name, value in _facts(rule).items())
        yield from _heading("Examples, run just now")
        for outcome in outcomes:
            yield from _outcome(outcome, width)
        if not (rule.good and rule.bad):
            yield Text(f"  {_lacking(rule)}", "dim")
            yield Text()
    yield from _legend([rule.code for rule, _ in proved], width)


def _heading(title: str) -> Iterator[Text]:
    yield Text()
    yield Text(title, "bold")


def _paragraphs(text: str, width: int, indent: str = "  ") -> Iterator[Text]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield Text()
        yield Text(_filled(escape.terminal(" ".join(paragraph.split())), width, indent, indent))


def _filled(text: str, width: int, first: str, then: str) -> str:
    return textwrap.fill(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(rule: Rule) -> dict[str, str]:
    """What there is to know of a rule next to what it means."""
    gate = "does not ask it; only the linter does"
    if rule.step is not None:
        does = "refuses a token" if rule.severity.rank >= Severity.ERROR.rank else "looks at it"
        gate = f"{does} at step {rule.step}, {STEPS[rule.step]}"
    baseline = "may be in one" if rule.baseline else "never in one: the evidence rests on it"
    fatal = rule.severity is Severity.FATAL
    other = Severity.WARNING if rule.severity is Severity.NOTE else Severity.NOTE
    options = f"--ignore {rule.code}, or --severity {rule.code}={other}"
    return {
        "looks at": LOOKS_AT[rule.kind],
        "source": rule.cites or "not said",
        "live gate": gate,
        "baseline": baseline,
        "to adjust": "cannot be: the tool itself failed" if fatal else options,
        "made by": rule.origin,
    }


def _fact(name: str, value: str, width: int) -> Text:
    return Text(_filled(escape.terminal(value), width, f"  {name:11}", " " * 13))


def _outcome(outcome: Outcome, width: int) -> Iterator[Text]:
    kind, style = ("good", "green") if outcome.good else ("bad", "red")
    mark = " " if outcome.right else "✗"
    text = escape.terminal(labels.fit(outcome.text, 2 * width)) or "(an empty ledger)"
    yield Text.assemble((f"{mark} ", "bold red"), (f"{kind:6}", style), text)
    yield from _parts([] if outcome.mistake else list(items(outcome.text)), width)
    for finding in outcome.findings[:TASKS]:
        yield from _finding(finding, width)
    if len(outcome.findings) > TASKS:
        yield Text(f"{'':6}→ and {len(outcome.findings) - TASKS} more")
    if outcome.good and outcome.right:
        yield Text(f"{'':6}→ clean")
    complaint = _complaint(outcome)
    if complaint:
        style = "bold red" if not outcome.right else "yellow"
        yield Text(_filled(complaint, width, " " * 8, " " * 8), style)
    yield Text()


def _parts(listed: Sequence[Item], width: int) -> Iterator[Text]:
    """The parts of an example, the last one in any case: it builds on those before."""
    hidden = len(listed) - TASKS
    shown = [*listed[: TASKS - 1], listed[-1]] if hidden > 0 else listed
    names, times = (max((len(item[n]) for item in shown), default=0) for n in range(2))
    for item in shown:
        if hidden > 0 and item is listed[-1]:
            yield Text(f"{'':8}… and {hidden} more", "dim")
        place, about = "", [item.about]
        if item.name:
            parents = item.parents.split(", ") if item.parents else []
            place = f"{item.name:{names}}  {item.at:>{times}} s  "
            about.insert(0, f"builds on {labels.some(parents, 6)}" if parents else "a root")
        told = escape.terminal("; ".join(filter(None, about)))
        then = " " * (8 + len(place))
        yield Text(_filled(told, width, f"{'':8}{escape.terminal(place)}", then), "dim")


def _finding(finding: Finding, width: int) -> Iterator[Text]:
    place = (
        f" at line {finding.places[0].line}" if finding.places and finding.places[0].line else ""
    )
    message = escape.terminal(finding.message, escape.LONG)
    line = f"{finding.severity} {finding.code}{place}: {message}"
    yield Text(_filled(line, width, f"{'':6}→ ", " " * 8), STYLES[finding.severity])
    for name, value in finding.evidence.items():
        told = value if isinstance(value, str) else _line_of(value)
        yield Text(f"{'':8}{escape.terminal(f'{name}: {told}', width - 8)}", "dim")


def _line_of(value: Any) -> str:
    """Plain JSON values in one line."""
    return escape.json(msgspec.json.format(msgspec.json.encode(value), indent=0).decode())


def _complaint(outcome: Outcome) -> str:
    """What is wrong with an example; empty where nothing is."""
    code = outcome.rule.code
    if outcome.mistake:
        return f"This is no ledger: {escape.terminal(outcome.mistake, escape.LONG)}"
    if outcome.good:
        return "" if outcome.right else "This should be clean, and is not."
    if code not in outcome.codes:
        return f"This should yield {code}, and does not."
    if not outcome.right:
        return "A rule broke on it."
    if outcome.others:
        return f"{labels.some(outcome.others)} comes along."
    return ""


def _lacking(rule: Rule) -> str:
    """Which examples a rule has not."""
    kinds = [kind for kind, some in (("good", rule.good), ("bad", rule.bad)) if not some]
    return f"It has no {' and no '.join(kinds)} example."


READING = """\
An example is a ledger in one line; of each task, NAME@SECONDS<PARENTS OPTIONS. NAME stands for its
id (jti), SECONDS for when its token was issued (iat); wid is the workflow, iss the agent that did
it, aud who is to read of it."""


def _legend(codes: Sequence[str], width: int) -> Iterator[Text]:
    """How the examples are to be read, and how to go on."""
    code = codes[0] if len(codes) == 1 else "CODE"
    told = (
        READING,
        f"In your own ledger: `ectgraph explain LEDGER {code}` tells why a finding is there.",
    )
    for sentence in told:
        yield Text(_filled(" ".join(sentence.split()), width, "", ""), "dim")


def to_json(proved: Proved) -> bytes:
    """Rules and what their examples came to, as `ectgraph-rules/1`."""
    tool = {"name": "ectgraph", "version": __version__}
    rules = [_document(rule, outcomes) for rule, outcomes in proved]
    return indented({"format": "ectgraph-rules/1", "tool": tool, "rules": rules}, 1)


def _document(rule: Rule, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "kind": rule.kind,
        "cites": rule.cites,
        "step": rule.step,
        "baseline": rule.baseline,
        "origin": rule.origin,
        "doc": rule.doc,
        "advice": rule.advice,
        "examples": [
            {
                "good": outcome.good,
                "sketch": outcome.text,
                "right": outcome.right,
                "mistake": outcome.mistake or None,
                "findings": [finding_document(finding) for finding in outcome.findings],
            }
            for outcome in outcomes
        ],
    }


def to_markdown(proved: Proved) -> str:
    """A table of rules and then a section for each of them."""
    foreign = any(rule.origin != OURS for rule, _ in proved)
    titles = ["code", "name", "severity", "kind", "gate", "baseline", *(["by"] if foreign else [])]
    rows = [titles, ["---"] * len(titles)]
    for rule, _ in proved:
        link = f"[{rule.code}](#{rule.code.lower()}-{rule.name})"
        step, baseline = str(rule.step or ""), "yes" if rule.baseline else "never"
        by = [escape.markdown(rule.origin)] if foreign else []
        rows.append([link, rule.name, rule.severity, rule.kind, step, baseline, *by])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    sections = (section(rule, outcomes) for rule, outcomes in proved)
    return "\n".join([f"{table}\n", *sections])


def section(rule: Rule, outcomes: Sequence[Outcome]) -> str:
    """What there is to say about one rule, in Markdown."""
    told = [f"{rule.severity}, {rule.kind} rule; {rule.cites}"]
    told += [] if rule.baseline else ["never in a baseline"]
    told += [] if rule.origin == OURS else [f"by {escape.markdown(rule.origin)}"]
    examples = "\n".join(line for outcome in outcomes for line in _example(outcome))
    return (
        f"## {rule.code} {rule.name}\n\n*{'; '.join(told)}*\n\n"
        f"{rule.doc}\n\n**What to do:** {rule.advice}\n\n{examples}\n"
    )


def _example(outcome: Outcome) -> Iterator[str]:
    kind = "good" if outcome.good else "bad"
    yield f"* {kind}: {_literal(labels.fit(escape.terminal(outcome.text), 300))}"
    for finding in outcome.findings[:TASKS]:
        message = labels.fit(escape.terminal(finding.message, escape.LONG), 160)
        yield f"  * {finding.severity} {finding.code}: {_literal(message)}"
    if not outcome.right:
        yield f"  * **wrong**: {_complaint(outcome)}"


def _literal(text: str) -> str:
    """Text as a span of code, which Markdown leaves as it is."""
    runs = {len(run) for run in re.findall("`+", text)}
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    padding = " " if not text or text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{padding}{text}{padding}{fence}"
