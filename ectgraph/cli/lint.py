"""The command that judges ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from typer.core import TyperCommand

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.choices import (
    Choices,
    ExtendSelect,
    Graded,
    Ignore,
    Known,
    Select,
)
from ectgraph.cli.options import Against, Sources, reads_ledgers
from ectgraph.cli.output import Color
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity
from ectgraph.reports import forms as forms_
from ectgraph.reports.forms import Form

if TYPE_CHECKING:
    from ectgraph.baseline import Baseline
    from ectgraph.case import Case
    from ectgraph.model import Report
    from ectgraph.rules import Catalogue

commands = options.commands()

RUNS = 20
"""Runs of a SARIF file that GitHub's code scanning takes."""


class Ordered(TyperCommand):
    """A command that remembers in which order `--format` and `-o` came."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and put the order down in `ctx.meta`."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["order"] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


@commands.command(
    cls=Ordered,
    short_help="Verify every signature and report all findings.",
    epilog="Example: ectgraph lint ledger.jsonl --keys agents.jwks.json --ignore ECT502",
)
@reads_ledgers()
def lint(
    sources: Sources,
    ctx: typer.Context,
    format_: Annotated[
        list[Form] | None,
        typer.Option("--format", metavar="FORM", help=f"{', '.join(Form)}; may be repeated."),
    ] = None,
    target: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the --format before goes."),
    ] = None,
    select: Select = None,
    extend_select: ExtendSelect = None,
    ignore: Ignore = None,
    severity: Graded = None,
    fail_on: Annotated[
        Severity, typer.Option(metavar="LEVEL", help="Exit with 1 on findings so bad or worse.")
    ] = Severity.ERROR,
    *,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever was found.")
    ] = False,
    baseline: Known = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take today's findings as known.")
    ] = None,
    max_findings: Annotated[
        int, typer.Option(min=0, metavar="N", help="Cut longer texts; 0 shows all.")
    ] = 50,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count by rule, instead of the findings.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="The findings and nothing else.")
    ] = False,
    color: Annotated[
        Color, typer.Option(metavar="WHEN", help="auto, always or never: colours and links.")
    ] = Color.AUTO,
    separate: Annotated[
        bool, typer.Option("--separate", help="Each file is a ledger of its own.")
    ] = False,
    against: Against = None,
    since: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Verify only what came after a checkpoint."),
    ] = None,
) -> None:
    """Verify every signature, judge the ledger by every rule, and report all findings."""
    forms = _forms(ctx, format_ or [], target or [])
    _refuse_contradictions(ctx, forms)
    for form, file in forms:
        forms_.check(form)
        _check(file, sources, against, since, baseline)
    _check(write_baseline, sources, against, since)
    if baseline is not None and write_baseline is not None and not baseline.exists():
        baseline = None  # it is about to be made
    choices = Choices(
        sources=sources,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        severity=severity,
        baseline=baseline,
    )
    policy, marks, known = choices.policy(), choices.marks(), choices.known
    if separate:
        each = sources.load_each(policy=policy, quiet=quiet)
        cases: Iterator[Case] = (case for case in each if not _is_other(case, quiet=quiet))
    else:
        cases = iter([sources.load(policy=policy, against=against, since=since, quiet=quiet)])
    reports = [case.lint(**marks) for case in cases]  # and no case is kept
    told = forms_.Options(
        max_findings=max_findings,
        quiet=quiet,
        statistics=statistics,
        separate=separate,
        rules=sources.rules,
        command=sources.invocation(sources.paths).command("explain") or "ectgraph explain LEDGER",
    )
    for form, file in forms:
        with output.console(file, color) as console:
            forms_.write(form, reports, told, console)
    if len(reports) > RUNS and any(form is Form.SARIF for form, _ in forms):
        what = labels.count(len(reports), "ledger")
        output.say(f"{what}: GitHub's code scanning takes {RUNS} in one SARIF file")
    if known is not None and since is None and not quiet:
        _tell_stale(known, reports)
    if write_baseline is not None:
        _write_baseline(write_baseline, reports, sources.rules)
    codes = {_exit_code(report, fail_on) for report in reports}
    code = 1 if 1 in codes else max(codes, default=3)
    raise typer.Exit(0 if exit_zero and code == 1 else code)


def _check(file: Path | None, sources: Sources, *read: Path | None) -> None:
    """Make sure that a file can be written, and is none of those that are read."""
    output.check(file)
    sources.keep(file, *read)


Where: TypeAlias = tuple[Form, Path | None]
"""A format, and the file that it goes to; `None` is standard output."""


def _forms(ctx: typer.Context, formats: list[Form], files: list[Path]) -> list[Where]:
    """Which formats go where: each file belongs to the format before it, if there is one.

    A file without a format has that of its suffix; a format without a file goes to stdout.
    """
    given = [name for name in ctx.meta["order"] if name in ("format_", "target")]
    pairs: list[Where] = []
    waiting: Form | None = None
    usual = Form.FULL
    if "format_" not in given:  # then it is from a configuration, if there is one
        usual, formats = (*formats, usual)[0], []
    rest, targets = iter(formats), iter(files)
    for name in given:
        if name == "target":
            file = next(targets)
            pairs.append((waiting or forms_.by_suffix(file, usual), file))
            waiting = None
        else:
            if waiting is not None:
                pairs.append((waiting, None))
            waiting = next(rest)
    if waiting is not None or not pairs:
        pairs.append((waiting or usual, None))
    return pairs


def _refuse_contradictions(ctx: typer.Context, forms: list[Where]) -> None:
    """Refuse options that cannot be meant together."""
    options_ = ctx.params

    def given(name: str) -> bool:
        source = ctx.get_parameter_source(name)
        return source is not None and source.name == "COMMANDLINE"

    def both(one: str, other: str) -> bool:
        return bool(options_[one] and options_[other])

    places = [output.place(file) for _, file in forms]
    twice = [file for _, file in forms if places.count(output.place(file)) > 1]
    people, write_baseline = {Form.FULL, Form.CONCISE}, options_["write_baseline"]
    for holds, message in (
        (None in twice, "two formats go to standard output; say -o FILE after one of them"),
        (bool(twice), f"{twice and twice[0]}: two formats go to this file"),
        (
            write_baseline is not None and output.place(write_baseline) in places,
            f"{write_baseline}: a report goes to this file",
        ),
        (
            options_["exit_zero"] and given("fail_on"),
            "--exit-zero never fails, so --fail-on says nothing",
        ),
        (both("quiet", "statistics"), "--quiet leaves only findings, --statistics leaves them out"),
        (
            options_["statistics"] and not people.issuperset(form for form, _ in forms),
            "--statistics is for people: --format full or concise",
        ),
        (
            options_["separate"] and bool(options_["against"] or options_["since"]),
            "--separate excludes --against and --since: a checkpoint is of one ledger",
        ),
        (
            both("since", "write_baseline"),
            "--since does not see what came before, so it cannot make a baseline",
        ),
        (
            both("select", "write_baseline"),
            "--write-baseline takes all findings; leave out --select",
        ),
    ):
        if holds:
            raise EctgraphError(message)


def _is_other(case: Case, *, quiet: bool) -> bool:
    """Whether a file that was found in a folder is plainly no ledger; that is said."""
    others = [source for source in case.ledger.inputs if source.format == "other"]
    is_other = bool(others) and not any(source.problems for source in others)
    if is_other and not quiet:
        output.say(f"{others[0].source}: not read, as plainly no ledger")
    return is_other


def _tell_stale(known: Baseline, reports: Iterable[Report]) -> None:
    """Say that a baseline knows what is no more."""
    gone = len(known.stale(reports))
    if gone:
        what = labels.count(gone, "finding of it is", "findings of it are")
        output.say(f"{known.source}: {what} gone; --write-baseline renews it")


def _write_baseline(file: Path, reports: Iterable[Report], rules: Catalogue) -> None:
    """Take the findings as known, but for those that nobody can."""
    from ectgraph.baseline import write  # noqa: PLC0415

    data, left_out = write((f for report in reports for f in report.findings), rules)
    output.write(data, file)
    if left_out:
        codes = labels.some(sorted({finding.code for finding in left_out}), 5)
        what = labels.count(len(left_out), "finding")
        output.say(f"{file}: {what} cannot be taken as known, and still fail: {codes}")


def _exit_code(report: Report, fail_on: Severity) -> int:
    """3 where there was nothing to check, and no other reason for it than that."""
    told = {finding.code for finding in report.at_least(fail_on)}
    if not report.summary.records and told <= {"ECT009"}:
        return 3
    return 1 if told else 0
