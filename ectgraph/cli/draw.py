"""The command that draws a ledger."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Colours, Sources, reads_ledgers
from ectgraph.cli.scope import Narrow, narrows

if TYPE_CHECKING:
    from ectgraph.render.drawing import Drawing

commands = options.commands()


class Form(StrEnum):
    """The forms of a picture; see `render.drawing.FORMS`."""

    TEXT = "text"
    DOT = "dot"
    SVG = "svg"
    PNG = "png"
    JPG = "jpg"
    PDF = "pdf"
    EPS = "eps"
    WEBP = "webp"
    GIF = "gif"
    MERMAID = "mermaid"
    MARKDOWN = "markdown"
    JSON = "json"


class CollapseBy(StrEnum):
    """What becomes one box."""

    CHAIN = "chain"
    LAYER = "layer"
    ACTION = "action"
    AGENT = "agent"
    WORKFLOW = "workflow"


class ClusterBy(StrEnum):
    """What frames are drawn around."""

    AUTO = "auto"
    NONE = "none"
    WORKFLOW = "workflow"
    AGENT = "agent"


class Way(StrEnum):
    """Where children are drawn from their parents."""

    AUTO = "auto"
    RIGHT = "LR"
    DOWN = "TB"


@commands.command(
    short_help="Draw the workflow.",
    epilog="Example: ectgraph draw ledger.jsonl --keys agents.jwks.json -o workflow.svg",
)
@reads_ledgers()
@narrows
def draw(
    sources: Sources,
    narrow: Narrow,
    *,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="FILE.svg, .png, .pdf, .dot, .mmd, .md, .json."
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help="Default: by the suffix; text on a terminal, DOT in a pipe.",
        ),
    ] = None,
    collapse: Annotated[
        CollapseBy | None,
        typer.Option(help="One box for tasks in a row, of one agent and action, of one agent …"),
    ] = None,
    max_nodes: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="More boxes are reduced by themselves; 0 draws all."),
    ] = 400,
    cluster: Annotated[ClusterBy, typer.Option(help="Frames around boxes.")] = ClusterBy.AUTO,
    direction: Annotated[Way, typer.Option(help="Left to right, top to bottom.")] = Way.AUTO,
    theme: Colours = options.Theme.LIGHT,
    label: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help=r"Lines of a box, like '{act}\n{agent} {time}'."),
    ] = None,
    data_flow: Annotated[
        bool, typer.Option("--data-flow/--no-data-flow", help="Where outputs meet inputs.")
    ] = True,
    legend: Annotated[
        bool, typer.Option("--legend/--no-legend", help="What the marks mean.")
    ] = True,
) -> None:
    """Draw the workflow: tasks by agent, parent links, and what is wrong with them."""
    from dataclasses import replace  # noqa: PLC0415  # so that `--help` stays quick

    from ectgraph.render import drawing as forms  # noqa: PLC0415
    from ectgraph.render import picture  # noqa: PLC0415
    from ectgraph.render.style import style  # noqa: PLC0415

    sources.keep(target)
    output.check(target)
    kind = form.value if form else _usual(target, forms.form)
    if kind not in ("dot", "text", "mermaid", "markdown", "json"):
        picture.program(kind)  # say that there is none before the long work
    look = replace(style(theme.value), direction=direction.value, legend=legend)
    case = sources.load()
    output.need_tasks(case)
    picture_ = case.draw(
        collapse=None if collapse is None else collapse.value,
        cluster=cluster.value,
        max_nodes=max_nodes or None,
        data_flow=data_flow,
        style=look,
        label=label,
        **narrow,
    )
    _write(picture_, kind, target)


def _usual(target: Path | None, form: Any) -> str:
    """The form of a picture where nobody said which."""
    if target is not None:
        return str(form(target))
    return Form.TEXT if sys.stdout.isatty() else Form.DOT


def _write(drawing: Drawing, kind: str, target: Path | None) -> None:
    """Write a picture in its form, and say what it holds and what it does not."""
    from ectgraph.render.diagram import headline  # noqa: PLC0415

    if kind == Form.TEXT and target is None:
        _print(drawing)
    else:
        data, drawing = drawing.fitting(kind)
        output.write(data, target)
    if target is not None:
        output.done(target, headline(drawing.diagram))
    for note in drawing.notes:
        output.say(note)
    if drawing.diagram.unreadable:
        records = labels.count(drawing.diagram.unreadable, "record")
        output.say(f"not in the picture: {records} without a task; `ectgraph lint` tells why")


def _print(drawing: Drawing) -> None:
    """Print a picture as text, with characters that stdout can write."""
    from ectgraph.render.lanes import UNICODE, to_lines  # noqa: PLC0415

    only_ascii = not output.takes(f"│╰{UNICODE.verified}{UNICODE.group}{UNICODE.back}")
    legend = drawing.style.legend
    with output.console(None) as console:
        for line in to_lines(drawing.diagram, console.width, only_ascii=only_ascii, legend=legend):
            console.print(line, soft_wrap=True)
