"""How the commands that ask questions write what comes out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph import labels
from ectgraph.cli import output
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.questions.answer import Answer


class AnswerFormat(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


Format = Annotated[
    AnswerFormat | None,
    typer.Option("--format", help="Default: by the suffix of --output, else text."),
]
MaxRows = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Rows of the table in text, 0 for all; default: 50."),
]
_SUFFIXES = {
    "": AnswerFormat.TEXT,
    ".txt": AnswerFormat.TEXT,
    ".json": AnswerFormat.JSON,
    ".csv": AnswerFormat.CSV,
    ".md": AnswerFormat.MARKDOWN,
    ".markdown": AnswerFormat.MARKDOWN,
}


def form(format_: AnswerFormat | None, target: Path | None, max_rows: int | None) -> AnswerFormat:
    """The form that is asked for, or that the name of the file says; to be found before the work.

    Raises:
        EctgraphError: the name says none that there is, or rows are to be cut where all are told.

    >>> form(None, Path("taint.json"), None).value
    'json'

    """
    found = format_
    if found is None:
        found = _SUFFIXES.get("" if target is None else target.suffix.lower())
    if found is None:
        known = ", ".join(filter(None, _SUFFIXES))
        message = f"{target}: no form of an answer has this suffix; there are {known}, or --format"
        raise EctgraphError(message)
    if max_rows is not None and found is not AnswerFormat.TEXT:
        message = f"--max-rows cuts the table in text; {found} has every row"
        raise EctgraphError(message)
    return found


def write(answer: Answer, format_: AnswerFormat, target: Path | None, max_rows: int | None) -> None:
    """Write an answer to stdout or a file; what CSV has no room for is told on stderr."""
    from ectgraph.reports import answer as forms  # noqa: PLC0415  # so that `--help` stays quick

    if format_ is AnswerFormat.JSON:
        output.write(forms.to_json(answer), target)
    elif format_ is AnswerFormat.CSV:
        output.write(forms.to_csv(answer).encode(), target)
        for sentence in answer.not_established:
            output.say(sentence)
    elif format_ is AnswerFormat.MARKDOWN:
        output.write(forms.to_markdown(answer).encode(), target)
    else:
        rows = forms.ROWS if max_rows is None else max_rows
        with output.console(target) as console:
            for part in forms.to_text(answer, rows, console.width):
                console.print(part)
    if target is not None:
        output.done(target, f"{answer.title}: {labels.count(len(answer), 'row')}")
