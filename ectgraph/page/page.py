"""A case -> one HTML file: tables, pictures and every claim, for people without Python.

All of it is in the file, so it works offline and from a disk. Its content security policy allows
its own scripts and style by their digests and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from ectgraph import content_security, escape, labels
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.model import Report
from ectgraph.page import front, statement, stills
from ectgraph.page.document import document, to_text
from ectgraph.page.groups import Groups
from ectgraph.page.selection import MAX_TASKS, select
from ectgraph.render.drawing import Drawing
from ectgraph.render.timeline.drawing import Timeline, engine
from ectgraph.reports import wording
from ectgraph.rule import Evidence, Rule
from ectgraph.rules import RULES


@dataclass(frozen=True)
class Page:
    """A case as one HTML file; `.save("case.html")` writes it."""

    html: bytes
    headline: str
    """What it holds, and what was found, in a line."""
    notes: tuple[str, ...] = ()
    """What it leaves out, in sentences; the page itself says so too."""

    def __repr__(self) -> str:
        """Say how large it is, and how to write it."""
        return f'<Page: {len(self.html):,} bytes of HTML; .save("case.html") writes it>'

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it to a file.

        Raises:
            EctgraphError: the file cannot be written, or its name says that it is no page.

        """
        target = Path(path)
        check_name(target)
        try:
            target.write_bytes(self.html)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            message = f"{escape.terminal(str(target))}: cannot be written ({why})"
            raise EctgraphError(message) from error
        return target


def check_name(path: Path) -> None:
    """Make sure that the name of a file does not say that it is something else than a page.

    Raises:
        EctgraphError: its suffix is not that of HTML.

    """
    if path.suffix.lower() not in ("", ".html", ".htm"):
        message = f"{escape.terminal(str(path))}: a page is HTML; name it case.html"
        raise EctgraphError(message)


def make(
    evidence: Evidence,
    report: Report,
    *,
    drawing: Drawing | None = None,
    timeline: Timeline | None = None,
    catalogue: Mapping[str, Rule] = RULES,
    title: str | None = None,
    command: str | None = None,
    max_tasks: int = MAX_TASKS,
) -> Page:
    """Make the page of a case. The same arguments give the same bytes.

    Args:
        evidence: what was judged.
        report: what the rules found in it.
        drawing: the diagram on it.
        timeline: what happened when; without it the page says that it has none.
        catalogue: the rules that were run.
        title: of the page; without it, the names of the ledgers.
        command: the command line that makes it, to be put down in it.
        max_tasks: the most tasks in its tables; those with findings come first.

    Raises:
        EctgraphError: the file of a ledger is gone, or no longer holds what was loaded.

    >>> from ectgraph.testing import sketch
    >>> made = sketch("a@0; b@5<a")
    >>> page = make(made.evidence(), made.lint(), title="Two tasks")
    >>> b"<h1>Two tasks</h1>" in page.html, page.headline
    (True, '2 tasks, no findings')

    """
    drawing = drawing.legible() if drawing is not None and evidence.graph else None
    with paused():
        chosen = select(evidence.graph, report.findings, max_tasks)
        groups = Groups(evidence, report.findings)
        limits = (*chosen.limits(), *groups.limits(), *_of_pictures(evidence, drawing, timeline))
        title = title or f"Case report: {wording.sources(report)}"
        made = document(
            evidence,
            report.findings,
            chosen,
            groups,
            catalogue=catalogue,
            drawing=drawing,
            timeline=timeline,
            title=title,
            limits=limits,
        )
    library = None if timeline is None else engine().javascript_bundle()
    scripts = tuple(_scripts(library))
    style = front.style_sheet()
    html = front.template().substitute(
        policy=content_security.policy((text for _, text in scripts), [style]),
        title=escape.html(title, escape.LONG),
        style=style,
        static=statement.summary(evidence, report, catalogue, limits),
        diagram=stills.diagram(drawing),
        timeline=stills.timeline(timeline),
        appendix=statement.appendix(evidence, report, command),
        case=to_text(made),
        scripts="\n".join(
            f'<script type="{kind}">{content_security.inline(text)}</script>'
            for kind, text in scripts
        ),
    )
    tasks = labels.count(chosen.all_tasks, "task")
    if len(chosen.tasks) < chosen.all_tasks:
        tasks = f"{len(chosen.tasks):,} of {tasks}"
    return Page(html.encode(), f"{tasks}, {wording.verdict([report])}", limits)


def _scripts(library: str | None) -> Iterator[tuple[str, str]]:
    """(type, text) of each script, in order; that of the timeline first, where there is one."""
    if library is not None:
        yield "text/javascript", library
    yield "module", front.module()


def _of_pictures(
    evidence: Evidence, drawing: Drawing | None, timeline: Timeline | None
) -> Iterator[str]:
    """What the pictures leave out, or that there are none."""
    if not evidence.graph:
        yield "No diagram and no timeline: no record is a task."
        return
    if drawing is None:
        yield "No diagram: it was not drawn."
    else:
        yield from (f"The diagram: {note}." for note in drawing.notes)
    if timeline is None:
        yield f"No timeline: {_why_none()}."
    else:
        yield from (f"The timeline: {note}." for note in timeline.notes)


def _why_none() -> str:
    """Why there is no timeline: the library may be missing."""
    try:
        engine()
    except EctgraphError as error:
        return str(error)
    return "it was not drawn"
