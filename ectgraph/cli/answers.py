"""How the commands that ask questions write what comes out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph.cli import output

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
    int, typer.Option(min=0, metavar="N", help="Rows of the table in text; 0 shows all.")
]
_SUFFIXES = {
    ".json": AnswerFormat.JSON,
    ".csv": AnswerFormat.CSV,
    ".md": AnswerFormat.MARKDOWN,
    ".markdown": AnswerFormat.MARKDOWN,
}


def write(
    answer: Answer,
    format_: AnswerFormat | None = None,
    target: Path | None = None,
    max_rows: int = 50,
) -> None:
    """Write an answer to stdout or a file; what CSV has no room for is told on stderr."""
    from ectgraph.reports import answer as forms  # noqa: PLC0415  # so that `--help` stays quick

    if format_ is None:
        suffix = "" if target is None else target.suffix.lower()
        format_ = _SUFFIXES.get(suffix, AnswerFormat.TEXT)
    if format_ is AnswerFormat.JSON:
        output.write(forms.to_json(answer), target)
    elif format_ is AnswerFormat.CSV:
        output.write(forms.to_csv(answer).encode(), target)
        for sentence in answer.not_established:
            output.say(sentence)
    elif format_ is AnswerFormat.MARKDOWN:
        output.write(forms.to_markdown(answer).encode(), target)
    else:
        with output.console(target) as console:
            for part in forms.to_text(answer, max_rows, console.width):
                console.print(part)
    if target is not None:
        output.done(target, answer.established[0] if answer.established else answer.title)
