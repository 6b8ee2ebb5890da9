"""What a page says without any script: plain HTML to be read aloud, printed, and cited.

The sentences are those of the report; names, ids and paths in them are written by somebody else and
go through `escape.html`.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from ectgraph import escape, labels
from ectgraph.integrity import recorded
from ectgraph.model import Finding, Report, Severity
from ectgraph.page.tables import rules
from ectgraph.reports import wording
from ectgraph.rule import Evidence, Rule
from ectgraph.version import __version__

INPUTS = 500
"""Files of one ledger that are listed."""
COMMAND = 4000
"""Characters of the command."""
_LIBRARIES = (
    "cryptography",
    "PyJWT",
    "msgspec",
    "networkx",
    "pandas",
    "graphviz-pure",
    "vl-convert-python",
)
_LEGEND = (
    ("verified", "one of the given keys made the signature over exactly these bytes"),
    (
        "invalid",
        "the signature does not fit, was not the key's to make, or the bytes read two ways",
    ),
    ("unknown_key", "no given key has the kid that the token names"),
    ("unsupported", "no ECT, an algorithm that is not allowed, or an unknown crit"),
    ("unsigned", "level L1: there is no signature to check"),
    ("unchecked", "no keys were given, so nothing was checked"),
    ("missing", "only named as a parent; the ledger holds no record of it"),
    ("duplicate", "different records claim the task"),
    ("L1, L2, L3", "unsigned; signed; signed, and in a hash chain that holds"),
    ("✓ passed", "the check was made, and nothing is wrong"),
    ("✗ failed", "the check was made, and findings tell what is wrong"),
    ("? not done", "the check could not be made, or leaves a doubt; never good news"),
    ("error", "breaks a MUST of the drafts, or of the policy"),
    ("warning", "breaks a SHOULD or a limit, or weakens the evidence"),
    ("note", "worth knowing"),
    ("fatal", "the tool itself failed, so that something was not judged"),
    ("known, ignored", "by the caller's baseline, or by request; kept, and no reason to fail"),
)


def summary(
    evidence: Evidence, report: Report, catalogue: Mapping[str, Rule], limits: Sequence[str]
) -> str:
    """The verdict, what was established and what not, findings by code, and the page's limits."""
    parts = [
        _section("verdict", "Verdict", _verdict(evidence, report)),
        '<div class="sides">',
        _section("established", "What was established", _list("yes", report.established)),
        _section(
            "not-established", "What was not established", _list("open", report.not_established)
        ),
        "</div>",
    ]
    if limits:
        parts.append(_section("limits", "What this page leaves out", _list("open", limits)))
    by_code = _by_code(report.findings, catalogue)
    parts.append(_section("findings-by-code", "Findings by code", by_code))
    return "\n".join(parts)


def appendix(evidence: Evidence, report: Report, command: str | None) -> str:
    """What the page rests on: inputs, keys, the rest of the basis, figures, legend, versions."""
    return "\n".join(
        [
            _section("inputs", "Inputs", _inputs(report)),
            _section("basis", "Judged by", _basis(evidence, report)),
            _section("figures", "Figures", _pairs("Figures of the ledger", _figures(report))),
            _section("legend", "Legend", _pairs("What the words mean", _LEGEND)),
            _section("made-by", "How this page was made", _made_by(command)),
        ]
    )


def _section(name: str, title: str, *body: str | Iterable[str]) -> str:
    inner = "\n".join(each if isinstance(each, str) else "\n".join(each) for each in body)
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n'
        f'<h2 id="{name}-title">{title}</h2>\n{inner}\n</section>'
    )


def _list(kind: str, sentences: Sequence[str]) -> str:
    items = "\n".join(f"<li>{escape.html(each)}</li>" for each in sentences)
    return f'<ul class="{kind}">\n{items}\n</ul>' if sentences else "<p>Nothing.</p>"


def _pairs(caption: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A table of words and what is said of each."""
    rows = ((_cell(word, head=True), _cell(meaning)) for word, meaning in pairs)
    return _table(caption, (), rows)


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML; the first of each row is its head."""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>\n" if heads else ""
    return f"<table>\n<caption>{caption}</caption>\n{top}<tbody>\n{body}\n</tbody>\n</table>"


def _cell(text: str, kind: str = "", limit: int | None = escape.LONG, *, head: bool = False) -> str:
    tag = 'th scope="row"' if head else "td"
    opening = f'<{tag} class="{kind}">' if kind else f"<{tag}>"
    return f"{opening}{escape.html(text, limit)}</{tag[:2]}>"


def _verdict(evidence: Evidence, report: Report) -> Iterator[str]:
    worst = wording.worst(report.summary)
    kind = f"sev-{worst.value}" if worst else "sev-none"
    yield f'<p class="verdict {kind}">{escape.html(_sentence(wording.verdict([report])))}</p>'
    figures = report.summary
    counted = [
        labels.count(figures.records, "record"),
        labels.count(figures.tasks, "task"),
        labels.count(figures.workflows, "workflow"),
        labels.count(figures.agents, "agent"),
    ]
    what = f"Judged: {escape.html(wording.sources(report))} – {', '.join(counted)}."
    yield f"<p>{what}</p>"
    yield f"<p>{escape.html(' '.join(_times(evidence)))}</p>"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _times(evidence: Evidence) -> Iterator[str]:
    """From when to when it all was, as the ledger itself says; no clock is read for it."""
    tokens = [entry.token for entry in evidence.ledger if entry.token is not None]
    issued = [token.iat for token in tokens if token.iat is not None]
    taken = [at for at in map(recorded, evidence.ledger) if at is not None]
    if issued:
        yield f"By their own word the tokens were issued {_span(issued)}."
    if taken:
        yield f"By its own word the ledger took them in {_span(taken)}."
    at = evidence.policy.at
    if at is not None:
        yield f"Tokens were judged as of {labels.time(at)}, as the caller asked."
    elif taken:
        yield "Each token was judged at the time at which the ledger says that it took it in."


def _span(times: Sequence[float]) -> str:
    first, last = labels.time(min(times)), labels.time(max(times))
    return f"at {first}" if first == last else f"from {first} to {last}"


def _by_code(findings: Sequence[Finding], catalogue: Mapping[str, Rule]) -> str:
    if not findings:
        return "<p>No rule found anything.</p>"
    told = rules((each.code for each in findings), catalogue)
    counts: dict[tuple[str, Severity], Counter[str]] = {}
    for each in wording.worst_first(findings):
        state = "ignored" if each.ignored else "known" if each.known else "counts"
        counts.setdefault((each.code, each.severity), Counter())[state] += 1
    names = {each.code: each.name for each in findings}
    rows = [
        (
            _cell(f"{code} {names[code]}", head=True),
            _cell(severity.value, f"sev-{severity.value}"),
            *(_cell(f"{found[state]:,}", "num") for state in ("counts", "known", "ignored")),
            _cell(told.get(code, {}).get("doc", "")),
        )
        for (code, severity), found in counts.items()
    ]
    heads = ("rule", "severity", "count", "known", "ignored", "what it is about")
    return _table("Findings by rule and severity", heads, rows)


def _inputs(report: Report) -> Iterator[str]:
    if not report.inputs:
        yield "<p>No ledger.</p>"
        return
    rows = [
        (
            _cell(source.source, "mono", head=True),
            _cell(f"{source.format}{'.' if source.compression else ''}{source.compression or ''}"),
            _cell(f"{source.bytes:,}", "num"),
            _cell(f"{source.records:,}", "num"),
            _cell(source.sha256, "mono"),
        )
        for source in report.inputs[:INPUTS]
    ]
    heads = ("file", "format", "bytes", "records", "SHA-256 of the file")
    yield _table("Ledger files that were read", heads, rows)
    more = len(report.inputs) - INPUTS
    if more > 0:
        yield f"<p>And {labels.count(more, 'file')} more; lint --format json lists them.</p>"


def _basis(evidence: Evidence, report: Report) -> Iterator[str]:
    if report.keys:
        rows = [
            (_cell(each.source, "mono", head=True), _cell(f"{each.keys:,}", "num"))
            for each in report.keys
        ]
        yield _table("Key files", ("file", "keys"), rows)
    else:
        yield "<p>No keys were given, so no signature was checked.</p>"
    others = [
        (
            _cell(each.kind, head=True),
            _cell(each.source, "mono"),
            _cell(each.sha256 or "no single file", "mono" if each.sha256 else ""),
        )
        for each in report.basis
    ]
    comparison = evidence.comparison
    if comparison is not None and all(each.kind != "checkpoint" for each in report.basis):
        state = (
            "the ledger goes on from it" if comparison.intact else "the ledger is not what it saw"
        )
        others.append(
            (_cell("checkpoint", head=True), _cell(comparison.name, "mono"), _cell(state))
        )
    if others:
        yield _table("What else it was judged by", ("what", "where", "SHA-256 or outcome"), others)
    else:
        yield "<p>By the usual policy and all rules; no configuration was given.</p>"


def _figures(report: Report) -> Iterator[tuple[str, str]]:
    figures = report.summary
    for name in ("records", "tokens", "unreadable", "tasks", "edges", "missing", "workflows"):
        yield name, f"{getattr(figures, name):,}"
    for name in ("agents", "roots", "leaves", "depth", "max_parents", "max_children"):
        yield name.replace("_", " "), f"{getattr(figures, name):,}"
    for title, counts in (
        ("signatures", figures.trust),
        ("levels", figures.levels),
        ("drafts", figures.drafts),
    ):
        said = [f"{number:,} {kind.replace('_', ' ')}" for kind, number in counts.items() if number]
        yield title, ", ".join(said) or "none"


def _made_by(command: str | None) -> Iterator[str]:
    if command is None:
        yield "<p>Made from Python, by <code>ectgraph.page</code>.</p>"
    else:
        yield f"<p>Command:</p>\n<pre><code>{escape.html(command, COMMAND)}</code></pre>"
    said = [f"ectgraph {__version__}", f"Python {platform.python_version()}", *_libraries()]
    yield f"<p>Versions: {escape.html(', '.join(said))}.</p>"
    yield (
        "<p>The page reads no clock, and nothing from a network. The same ledger, keys, command "
        "and versions give the same page, byte for byte.</p>"
    )


def _libraries() -> Iterator[str]:
    """What verified, read, joined and drew, with versions, as far as it is installed."""
    for name in _LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:  # from a folder of sources, say
            continue
