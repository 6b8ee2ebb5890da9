"""What cards have alike: signs, badges, parts, and what they say of all that is not shown."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.model import Finding, Place, Severity
from ectgraph.reports.cards.markup import (
    NOTHING,
    Html,
    code,
    element,
    joined,
    line,
    listed,
    table,
    text,
)

PLACES = 5
"""Places of a finding, or of a record, that are shown."""
MEMBERS = 40
"""Claims of a record, and members of what a rule saw."""
SENTENCES = 30
"""Sentences of one kind."""
SENTENCE, CELL = 800, 100
"""Characters of each."""


def mark(sign: str, looks: str) -> Html:
    """A sign at the beginning of a line; its colour says nothing that the sign does not."""
    return Html(element("span", text(sign), looks=f"mark {looks}") + " ")


GOOD, BAD, DOUBT = mark("✓", "good"), mark("✗", "bad"), mark("?", "doubt")


def signature(outcome: str) -> Html:
    """The sign of what a signature came to."""
    return {"verified": GOOD, "invalid": BAD}.get(outcome, DOUBT)


def trust(outcome: str) -> Html:
    """What a signature came to, as a sign and in words."""
    said = text(outcome.replace("_", " "))
    return element("span", signature(outcome), said, looks="whole")


def badge(severity: Severity, said: str) -> Html:
    """A few words on the colour of a severity; they name it."""
    return element("strong", text(said), looks=f"badge {severity.value}")


def level(finding: Finding) -> Html:
    """How bad a finding is; on its colour where it counts."""
    if finding.counts:
        return badge(finding.severity, finding.severity.value)
    return text(f"{'ignored' if finding.ignored else 'known'} {finding.severity}")


def part(heading: str, *inside: Html) -> Html:
    """A part of a card under its heading; nothing when there is nothing in it."""
    return (
        joined([element("p", text(heading), looks="part"), *inside], "") if any(inside) else NOTHING
    )


def more(hidden: int, rest: str = "") -> Html:
    """How many more there are than those shown, and where to find them."""
    if hidden <= 0:
        return NOTHING
    where = joined([text("; all are in"), code(rest)]) if rest else NOTHING
    return line(Html(text(f"… and {hidden:,} more") + where), looks="faint")


def sentences(sign: Html, said: Sequence[str]) -> Html:
    """Sentences, each with a sign before it."""
    told = [Html(sign + text(each, SENTENCE)) for each in said[:SENTENCES]]
    return joined([listed(told), more(len(said) - SENTENCES)], "")


def digest(sha256: str | None) -> Html:
    """A SHA-256, whole."""
    return joined([text("SHA-256"), code(sha256)]) if sha256 else NOTHING


def places_of(places: Sequence[Place]) -> Html:
    """Places, with what finds the very bytes again."""
    told = [
        line(
            code(str(each)),
            text(f"byte {each.offset:,}") if each.offset is not None else NOTHING,
            digest(each.sha256),
        )
        for each in places[:PLACES]
    ]
    return joined([*told, more(len(places) - PLACES, ".places")], "")


def members_of(members: Sequence[tuple[str, str]]) -> Html:
    """Names and values, a line each."""
    rows = [(text(name, CELL), code(value)) for name, value in members[:MEMBERS]]
    return joined([table([], rows), more(len(members) - MEMBERS)], "")
