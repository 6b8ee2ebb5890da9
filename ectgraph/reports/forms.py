"""The forms in which reports are written: names, needs, and who writes each.

A form for people is lines, which a console colours; a form for programs is bytes. Each is one file
of this folder, and is imported when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, TextIO, cast

from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from ectgraph.model import Report
    from ectgraph.rule import Rule


class Form(StrEnum):
    """How reports are written."""

    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    CSV = "csv"
    MARKDOWN = "markdown"


FOR_PEOPLE = frozenset({Form.FULL, Form.CONCISE})
"""Forms that are read on a terminal, and have colours there."""

_SUFFIXES = {
    ".sarif": Form.SARIF,
    ".sarif.json": Form.SARIF,
    ".json": Form.JSON,
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
    ".xml": Form.JUNIT,
    ".csv": Form.CSV,
    ".md": Form.MARKDOWN,
}
_LINK_ID = re.compile("\x1b]8;id=[0-9]+;")
"""Before a link: rich numbers links at random, and no line of ours needs the number."""
_NEEDS = {Form.SARIF: "sarif_pydantic", Form.JUNIT: "junitparser"}
"""Libraries that not everybody has."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a caller may ask of the reports' form."""

    max_findings: int = 50
    """How many findings people are shown of one report; 0 is all of them."""
    quiet: bool = False
    """Whether people are told the findings and nothing else."""
    statistics: bool = False
    """Whether people are told how often each rule hit, instead of the findings."""
    separate: bool = False
    """Whether there may be several reports, each of a ledger of its own."""
    command: str = "ectgraph explain LEDGER"
    """What to type before a fingerprint to have the finding explained."""
    docs: str = ""
    """The URL of the page of rules, if there is one."""
    rules: Mapping[str, Rule] | None = None
    """The rules that ran; those of ectgraph without it."""

    @property
    def catalogue(self) -> Mapping[str, Rule]:
        """The rules that ran."""
        from ectgraph.rules import RULES  # noqa: PLC0415  # so that `--help` stays quick

        return RULES if self.rules is None else self.rules

    def page(self, code: str) -> str | None:
        """Where on the page of rules a rule is told; `None` for rules of others."""
        rule = self.catalogue.get(code)
        if not self.docs or rule is None or rule.origin != "ectgraph":
            return None
        return f"{self.docs}#{code.lower()}-{rule.name}"


def check(form: Form) -> None:
    """Make sure, before the long work, that a form can be written.

    Raises:
        EctgraphError: a library that it needs is not installed.

    """
    library = _NEEDS.get(form)
    if library is not None and find_spec(library) is None:
        message = f"--format {form} needs more: pip install 'ectgraph[ci]'"
        raise EctgraphError(message)


def by_suffix(path: PurePath, usual: Form = Form.FULL) -> Form:
    """The form that a file's name asks for; the usual one where it asks for none.

    >>> by_suffix(PurePath("out/report.sarif.json")).value, by_suffix(PurePath("report.txt")).value
    ('sarif', 'full')
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    ends = ("".join(suffixes[-2:]), "".join(suffixes[-1:]))
    return next((_SUFFIXES[end] for end in ends if end in _SUFFIXES), usual)


def lines(form: Form, reports: Sequence[Report], options: Options) -> Iterator[Text]:
    """The lines of reports in a form for people, with their colours and links."""
    if form is Form.CONCISE:
        from ectgraph.reports.concise import lines as written  # noqa: PLC0415
    else:
        from ectgraph.reports.text import lines as written  # noqa: PLC0415
    return written(reports, options)


def pieces(form: Form, reports: Sequence[Report], options: Options) -> Iterable[bytes]:
    """The bytes of reports in any form, piece by piece; those for people without colours."""
    if form in FOR_PEOPLE:
        return (f"{line.plain}\n".encode() for line in lines(form, reports, options))
    writer: Callable[[Sequence[Report], Options], Iterable[bytes]]
    writer = import_module(f"ectgraph.reports.{form.value}").write
    return writer(reports, options)


def write(form: Form, reports: Sequence[Report], options: Options, console: Console) -> None:
    """Write reports where a console writes: lines through it, and bytes past it, as they are."""
    file = cast("TextIO", console.file)
    if form in FOR_PEOPLE:
        for line in lines(form, reports, options):
            with console.capture() as captured:
                console.print(line, soft_wrap=True)
            file.write(_LINK_ID.sub("\x1b]8;;", captured.get()))
        return
    file.flush()
    for piece in pieces(form, reports, options):
        file.buffer.write(piece)
    file.buffer.flush()
