"""Options that narrow a picture to some tasks; several commands take them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import typer

Narrow: TypeAlias = dict[str, Any]
"""The conditions that were given: the fields of `render.scope.Narrowing`."""


def _scope(
    *,
    workflow: Annotated[
        list[str] | None, typer.Option(metavar="WID", help="Only tasks of this workflow.")
    ] = None,
    focus: Annotated[
        list[str] | None, typer.Option(metavar="JTI", help="Only what is near this task.")
    ] = None,
    hops: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="How near: links to --focus (1) or --only-findings (0)."
        ),
    ] = None,
    ancestors_of: Annotated[
        list[str] | None, typer.Option(metavar="JTI", help="Only what this task builds on.")
    ] = None,
    descendants_of: Annotated[
        list[str] | None, typer.Option(metavar="JTI", help="Only what builds on this task.")
    ] = None,
    path: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="JTI JTI", help="Only what lies between two tasks."),
    ] = None,
    critical_path: Annotated[
        bool, typer.Option("--critical-path", help="Only the chain that took longest.")
    ] = False,
    only_findings: Annotated[
        bool, typer.Option("--only-findings", help="Only tasks with findings.")
    ] = False,
) -> Narrow:
    """Declare the options."""
    given = locals().items()
    return {name: value for name, value in given if value is not None and value is not False}


def narrows(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and what they say as its argument after the sources."""

    def run(sources: Any, **arguments: Any) -> None:
        narrow = _scope(**{name: arguments.pop(name) for name in shared})
        command(sources, narrow, **arguments)

    shared = dict(inspect.signature(_scope, eval_str=True).parameters)
    first, _, *own = inspect.signature(command, eval_str=True).parameters.values()
    all_ = [first, *own, *shared.values()]
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in all_]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return run
