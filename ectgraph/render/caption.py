r"""What is written on a box: lines by a template, the state of its tasks, its findings.

The words are plain text with claims as they were found, cut to a length; each drawer escapes them
for its own place. So a picture, a page and a terminal say the same of a task.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from string import Formatter

from ectgraph import labels
from ectgraph.errors import EctgraphError
from ectgraph.render.diagram import MISSING, Box, Diagram, Link
from ectgraph.toml import did_you_mean

TEMPLATE = r"{act}\n{agent}\n{short} {time}"
"""The lines of a box, unless somebody asks for others; `\n` begins a new one."""
FIELDS = ("act", "agent", "short", "time", "jti", "wid", "iss", "trust", "decision", "tasks")
"""What a template may name."""
WIDTH = 36
"""Characters of a line."""
MOST_BADGES = 4
"""Codes of findings that are written out."""

_DECISIONS = {
    "approved": "approved",
    "rejected": "rejected",
    "pending_human_review": "pending review",
}


def check(template: str) -> str:
    r"""Make sure that a template can be filled in; its `\n` may be written as two characters.

    Raises:
        EctgraphError: it names a field that there is not, or its braces do not match.

    >>> check("{act} {short}")
    '{act} {short}'

    """
    try:
        parts = list(Formatter().parse(template))
    except (TypeError, ValueError) as error:
        message = f"label {template!r}: {error}; write it like {TEMPLATE!r}"
        raise EctgraphError(message) from error
    for _, name, spec, conversion in parts:
        if name is not None and name not in FIELDS:
            message = f"label {template!r}: there is no field {name!r}{did_you_mean(name, FIELDS)}"
            raise EctgraphError(message)
        if spec or conversion:
            message = f"label {template!r}: a field is just its name; write {{{name}}}"
            raise EctgraphError(message)
    return template


def lines(
    box: Box, diagram: Diagram, template: str = TEMPLATE, *, one_day: bool | None = None
) -> list[str]:
    """The lines of a box, first the one that names it; empty ones are left out.

    Who writes many of a diagram asks `same_day` once, and brings the answer as `one_day`.
    """
    fields = dict(values(box, same_day(diagram) if one_day is None else one_day))
    filled = Formatter().vformat(template.replace(r"\n", "\n"), (), fields)
    found = [labels.fit(" ".join(line.split()), WIDTH) for line in filled.split("\n")]
    told = [line for line in found if line.strip(" ·,;:()-")]
    return told or [" ".join(labels.short(box.jti or "").split()) or "(no name)"]


def values(box: Box, one_day: bool) -> Iterator[tuple[str, str]]:  # noqa: FBT001
    """Each field of a template, as text without line breaks."""
    act = box.exec_act or ""
    if box.exec_act is None and not (box.actions or box.missing):
        act = "(no action)"
    if not box.single:
        act = f"{len(box.tasks):,} × {act}" if act else labels.count(len(box.tasks), "task")
    if box.actions > 1:
        act += f", {labels.count(box.actions, 'action')}"
    agent = labels.count(box.agents, "agent") if box.agents > 1 else ""
    yield "act", _plain(act)
    yield "agent", _plain(labels.agent(box.iss)) if box.iss else agent
    yield "iss", _plain(box.iss or agent)
    yield "wid", _plain(box.wid or (labels.count(box.wids, "workflow") if box.wids > 1 else ""))
    yield "jti", _plain(box.jti or "")
    yield "short", _plain(labels.short(box.jti or ""))
    yield "time", span(box.first, box.last, one_day=one_day)
    yield "trust", ", ".join(_counted(box, name, n) for name, n in box.trust.items())
    yield "decision", ", ".join(_counted(box, name, n) for name, n in box.decisions.items())
    yield "tasks", f"{len(box.tasks):,}"


def _plain(text: str) -> str:
    """A claim without the line breaks that would make lines of their own."""
    return text.replace("\n", "␊").replace("\r", "␍")


def _counted(box: Box, name: str, number: int) -> str:
    name = _plain(name).replace("_", " ")
    return name if box.single else f"{number:,} {name}"


def same_day(diagram: Diagram) -> bool:
    """Whether everything in a picture that has a time was issued on one day (UTC)."""
    days = {
        day
        for box in diagram.boxes
        for seconds in (box.first, box.last)
        if seconds is not None and (day := _date(seconds)) is not None
    }
    return len(days) <= 1


def _date(seconds: float) -> str | None:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return None


def span(first: float | None, last: float | None, *, one_day: bool = False) -> str:
    """A time, or from when to when; without the day where all are of one.

    Of several days it is in minutes, so that it finds room in a line.

    >>> span(1771943000, 1771943000)
    '2026-02-24 14:23:20'
    >>> span(1771943000, 1771943031, one_day=True)
    '14:23:20 – 14:23:51'
    >>> span(1771943000, 1771943031)
    '2026-02-24 14:23:20 – 14:23:51'
    >>> span(1771943000, 1772012999)
    '2026-02-24 14:23 – 2026-02-25 09:49'
    """
    if first is None or last is None:
        return ""
    begin, end = (labels.time(seconds).removesuffix(" UTC") for seconds in (first, last))
    (day, _, clock), (last_day, _, last_clock) = begin.rpartition(" "), end.rpartition(" ")
    begin = clock if one_day else begin
    if (day, clock) == (last_day, last_clock):
        return begin
    if day == last_day:
        return f"{begin} – {last_clock}"
    if day and last_day:
        begin, end = begin.rpartition(":")[0], end.rpartition(":")[0]
    return f"{begin} – {end}"


def states(box: Box) -> list[str]:
    """What has to be said of a box beside its name: trust, records, policy, what it undoes.

    Nothing is said of a verified task that is recorded once; trouble comes first.
    """
    all_ = len(box.tasks)
    missing = box.trust.get(MISSING, 0)
    found = []
    if missing:
        found.append("missing: no record" if box.single else f"{missing:,} missing: no record")
    for name, number in box.trust.items():
        if name not in (MISSING, "verified"):
            why = f"not verified: {name.replace('_', ' ')}"
            found.append(why if box.single else f"{number:,} {why}")
    if box.duplicates:
        some = "" if box.single else f"{box.duplicates:,} of {all_:,} "
        found.append(f"{some}recorded more than once")
    for name, number in box.decisions.items():
        word = _DECISIONS.get(name, f"decision: {_plain(labels.fit(name, 20))}")
        found.append(word if box.single else f"{number:,} {word}")
    if box.compensations:
        found.append(
            "compensation" if box.single else labels.count(box.compensations, "compensation")
        )
    return found


def ends(box: Box) -> list[str]:
    """Where a box stands: a root, a leaf, or beside something that the picture does not show."""
    found = []
    if box.roots and not box.missing:
        found.append("root" if box.single else labels.count(box.roots, "root"))
    if box.leaves and not box.missing:
        found.append("leaf" if box.single else labels.count(box.leaves, "leaf", "leaves"))
    if box.inside:
        found.append(f"{labels.count(box.inside, 'link')} inside")
    if box.more_parents:
        found.append(f"{labels.count(box.more_parents, 'parent')} not shown")
    if box.more_children:
        found.append(f"{labels.count(box.more_children, 'child', 'children')} not shown")
    return found


def badges(box: Box) -> list[str]:
    """The codes of its findings, worst first, with how many there are of each.

    Of very many the last is `+N`, so many codes more.
    """
    found = [
        code if number == 1 else f"{code} ×{number:,}" for code, number in box.findings.items()
    ]
    if len(found) > MOST_BADGES + 1:
        return [*found[:MOST_BADGES], f"+{len(found) - MOST_BADGES}"]
    return found


def on_link(link: Link) -> str:
    """What is written at an arrow: how many links it is, and how far it jumps back in time.

    >>> on_link(Link(parent=0, child=1)), on_link(Link(parent=0, child=1, back=1, jump=31))
    ('', '31 s back')
    >>> on_link(Link(parent=0, child=1, count=12, back=2, jump=31))
    '12; 2 back, by up to 31 s'
    """
    words = "" if link.count == 1 else f"{link.count:,}"
    if not link.back:
        return words
    jump = labels.seconds(link.jump)
    return f"{jump} back" if link.count == 1 else f"{words}; {link.back:,} back, by up to {jump}"
