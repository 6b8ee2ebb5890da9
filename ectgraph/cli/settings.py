"""The option for a configuration, and the command that shows what is in force: config.

What the file says becomes the default of the options of that name, so the command line wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from ectgraph import escape
from ectgraph.cli import output

if TYPE_CHECKING:
    from ectgraph.settings import Loaded

commands = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

NONE = "none"
"""What to say instead of a file, so that none is in force."""


def _in_force(ctx: typer.Context, given: str | None) -> Any:
    """Load the configuration; what it says is what the options of a command are without it."""
    from ectgraph import settings  # noqa: PLC0415  # so that `--help` stays quick

    if ctx.resilient_parsing or given == NONE:
        return None
    path = settings.find() if given is None else Path(given)
    if path is None:
        return None
    loaded = settings.load(path)
    if given is None:
        loaded.refuse_addresses()
    options = {parameter.name for parameter in ctx.command.params}
    ctx.default_map = {
        name: value
        for name, value in as_options(loaded.said(), ctx.command.name)
        if name in options
    }
    return loaded


def as_options(said: dict[str, Any], command: str | None) -> Iterator[tuple[str, Any]]:
    """Settings, as if somebody had typed them."""
    for name, value in said.items():
        if name == "format":  # of reports; the formats of other commands are others
            if command == "lint":
                yield "format_", [value]
        elif name == "severity":
            yield name, [f"{rule}={level}" for rule, level in value.items()]
        else:
            yield name, list(value) if isinstance(value, (tuple, dict)) else value


Config = Annotated[
    Any,  # what is typed is a path, and what comes of it a `Loaded`, or `None`
    typer.Option(
        "--config",
        metavar="FILE",
        parser=str,
        is_eager=True,
        callback=_in_force,
        help="Settings; none: no file at all.",
    ),
]


# The command


class SettingsFormat(StrEnum):
    """How settings are shown."""

    TEXT = "text"
    JSON = "json"


Row: TypeAlias = dict[str, Any]
"""A setting: `name`, `value`, and `path` and `line` of where it comes from, if not the default."""


def _schema(value: bool) -> None:  # noqa: FBT001  # typer's callback
    from ectgraph.reports.json import indented  # noqa: PLC0415
    from ectgraph.settings import schema  # noqa: PLC0415

    if value:
        output.write(indented(schema()))
        raise typer.Exit


@commands.command(
    "config",
    short_help="Show the settings in force, and where each comes from.",
    epilog="Example: ectgraph config --format json",
)
def show(
    ctx: typer.Context,
    format_: Annotated[SettingsFormat, typer.Option("--format", help="How to show them.")] = (
        SettingsFormat.TEXT
    ),
    *,
    schema: Annotated[  # noqa: ARG001  # `_schema` has seen to it
        bool,
        typer.Option(
            "--schema", is_eager=True, callback=_schema, help="Print the JSON Schema of the file."
        ),
    ] = False,
    rules_from: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Rules that the settings may name; may be repeated."),
    ] = None,
    config: Config = None,
) -> None:
    """Show every setting of `ectgraph lint` and every limit, and where each comes from."""
    from ectgraph import foreign  # noqa: PLC0415
    from ectgraph.reports.json import indented  # noqa: PLC0415

    loaded: Loaded | None = config
    if loaded is not None:
        loaded.check(foreign.load(rules_from or ()))
    rows = list(_settings(ctx, loaded))
    policy = next(row["value"] for row in rows if row["name"] == "policy")
    limits = list(_limits(policy))
    if format_ is SettingsFormat.JSON:
        file = None if loaded is None else {"path": str(loaded.path), "sha256": loaded.sha256}
        told = {"format": "ectgraph-settings/1", "file": file, "settings": rows, "limits": limits}
        output.write(indented(told))
        return
    said = "no settings: these are the defaults"
    if loaded is not None:
        said = f"settings from {loaded.path} (sha256 {loaded.sha256})"
    with output.console(None) as console:
        for line in (said, *_aligned(rows), "", "limits", *_aligned(limits)):
            console.print(escape.terminal(line), soft_wrap=True)


def _settings(ctx: typer.Context, loaded: Loaded | None) -> Iterator[Row]:
    """Every setting; those of a file, or else the defaults of `lint`."""
    from ectgraph.settings import Settings  # noqa: PLC0415

    group: Any = ctx.parent.command if ctx.parent else None
    defaults = {each.name: each.default for each in group.get_command(ctx, "lint").params}
    said = {} if loaded is None else loaded.said()
    for name in Settings.__struct_fields__:
        if loaded is None or name not in said:
            usual = defaults["format_" if name == "format" else name]
            yield _row(name, usual)
        elif isinstance(said[name], dict):
            for rule, value in said[name].items():
                yield _row(f"{name}.{rule}", value, str(loaded.path), loaded.line_of(name, rule))
        else:
            yield _row(name, said[name], str(loaded.path), loaded.line_of(name))


def _limits(policy: str | None) -> Iterator[Row]:
    """Every limit; those of a policy file, or else the defaults."""
    import tomllib  # noqa: PLC0415

    from ectgraph import toml  # noqa: PLC0415
    from ectgraph.policy import Limits, Policy  # noqa: PLC0415

    stated = Policy() if policy is None else Policy.load(policy)
    text = "" if policy is None else Path(policy).read_text("utf-8")
    said = tomllib.loads(text).get("limits", {})
    for name in Limits.__struct_fields__:
        value = getattr(stated, name)
        if name in said:
            yield _row(name, value, policy, toml.line_of(text, ("limits", name)))
        else:
            yield _row(name, value)


def _row(name: str, value: Any, path: str | None = None, line: int | None = None) -> Row:
    return {"name": name, "value": value, "path": path, "line": line}


def _aligned(rows: list[Row]) -> Iterator[str]:
    """Rows for people: the name, where it comes from, the value."""
    places = ["default" if row["path"] is None else f"{row['path']}:{row['line']}" for row in rows]
    width, widest = max(len(row["name"]) for row in rows), max(map(len, places))
    for row, place in zip(rows, places, strict=True):
        yield f"  {row['name']:{width}}  {place:{widest}}  {_worded(row['value'])}"


def _worded(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
