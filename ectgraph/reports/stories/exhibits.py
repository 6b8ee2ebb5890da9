"""What a finding rests on -> small tables: the versions, the circle, the times, the rest.

Which table suits is told by the members of the finding's evidence and not by its code, so the rules
of others get theirs as well. Nothing is judged here. Texts are as found, and only cut; whoever
shows them escapes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ectgraph import labels
from ectgraph.formats.entry import token_bytes, unwrap
from ectgraph.integrity import recorded
from ectgraph.model import Entry, Finding, Place
from ectgraph.reports.verdict import header_and_claims
from ectgraph.rule import Evidence

ROWS = 12
"""Rows of a table."""
VERSIONS = 3
"""Versions of one task that are compared."""
WIDTH = 48
"""Characters of a cell in a comparison."""
_TEXT = 160
"""Characters of a value elsewhere."""
_ABSENT = "(absent)"


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A small table."""

    title: str
    columns: tuple[str, ...] = ()
    """Headings; none where the rows speak for themselves."""
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    """What to see in it, or what was left out of it."""


def exhibits(
    evidence: Evidence, finding: Finding, entries: Mapping[Place, Entry]
) -> Iterator[Exhibit]:
    """The tables of a finding: those that its evidence has the members for, then what is left.

    Args:
        evidence: the ledger and what was measured of it.
        finding: what was found.
        entries: the entries at (some of) its places.

    """
    left = dict(finding.evidence)
    for members, make in _TABLES.items():
        made = make(evidence, finding, entries) if left.keys() >= set(members) else None
        if made is not None:
            yield made
            left = {name: value for name, value in left.items() if name not in members}
    moments = _moments(left)
    if len(moments) > 1:
        yield _times(moments, left)
        left = {name: value for name, value in left.items() if name not in (*moments, *_SPANS)}
    rows = [
        (name, readable(name, value))
        for name, value in left.items()
        if not _says(finding.message, readable(name, value), str(value))
    ]
    if rows:
        yield Exhibit(title="What the rule saw", rows=tuple(rows[:ROWS]), note=_more(rows))


def _says(message: str, *texts: str) -> bool:
    """Whether a message has one of some texts in it, as words of their own."""
    found = (re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message) for text in texts)
    return any(match is not None for match in found)


def _more(rows: Sequence[Any], shown: int = ROWS) -> str:
    return f"and {len(rows) - shown:,} more" if len(rows) > shown else ""


# The versions of one task


def said(entry: Entry, max_depth: int) -> dict[str, Any]:
    """Everything that a token says: its claims, and the members of its header as `header.NAME`."""
    header, claims = header_and_claims(unwrap(entry.record.body, max_depth))
    members = header.items() if isinstance(header, dict) else ()
    return (claims or {}) | {f"header.{name}": value for name, value in members}


def _versions(
    evidence: Evidence, finding: Finding, entries: Mapping[Place, Entry]
) -> Exhibit | None:
    """The versions side by side, as far as they differ."""
    found: dict[bytes, tuple[Place, Entry]] = {}
    for place, entry in entries.items():
        found.setdefault(token_bytes(entry.record.body), (place, entry))
        if len(found) == VERSIONS:
            break
    if len(found) < 2:
        return None
    first = list(found.values())
    tokens = [said(entry, evidence.policy.max_json_depth) for _, entry in first]
    names = dict.fromkeys(name for token in tokens for name in token)
    rows = [
        ("record", *(where(place) for place, _ in first)),
        ("trust", *(trust(entry.trust) for _, entry in first)),
    ]
    differ = [name for name in names if len({_exact(token, name) for token in tokens}) > 1]
    rows += [(name, *_beside_each_other(name, tokens)) for name in differ[:ROWS]]
    alike, versions = len(names) - len(differ), finding.evidence["sha256"]
    others = f"{labels.count(alike, 'other member')} {'is' if alike == 1 else 'are'} the same"
    notes = [others] if alike else []
    notes += [f"{_more(differ)} that differ"] if len(differ) > ROWS else []
    if isinstance(versions, list) and len(versions) > VERSIONS:
        notes.append(f"{len(versions) - VERSIONS:,} more versions")
    if not differ:
        notes = ["they say the same; what differs is their signatures, or how the bytes are put"]
    columns = ("", *(f"version {number}" for number, _ in enumerate(first, 1)))
    return Exhibit(
        title="The versions, where they differ",
        columns=columns,
        rows=tuple(rows),
        note="; ".join(notes),
    )


def _exact(token: Mapping[str, Any], name: str) -> str:
    """A claim such that two are equal if and only if their texts are."""
    return json.dumps(token[name], sort_keys=True) if name in token else ""


def _beside_each_other(name: str, tokens: Sequence[Mapping[str, Any]]) -> list[str]:
    """What several tokens say of one thing, short, and so that the difference can be seen."""
    plain = all(isinstance(token.get(name), str) for token in tokens)
    texts = [_stated(name, token, plain=plain) for token in tokens]
    short = texts
    if any(len(text) > WIDTH for text in texts):
        start = max(0, _alike(texts) - WIDTH // 3)
        short = [_window(text, start) for text in texts]
    if len({text if text.isprintable() else ascii(text) for text in short}) < len(set(texts)):
        short = [ascii(text)[:WIDTH] for text in texts]
    return short


def _stated(name: str, token: Mapping[str, Any], *, plain: bool) -> str:
    """What a token says of something, whole; texts without quotes where `plain`."""
    if name not in token:
        return _ABSENT
    value = token[name]
    if plain or type(value) in (int, float):
        return readable(name, value, cut=False)
    return json.dumps(value, ensure_ascii=False)


def _alike(texts: Sequence[str]) -> int:
    """How many first characters all of some texts share."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))


def _window(text: str, start: int) -> str:
    """Some of a text, from some place on."""
    if len(text) <= WIDTH:
        return text
    end = start + WIDTH - 2
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


# The way round a circle


def _circle(
    evidence: Evidence, finding: Finding, _entries: Mapping[Place, Entry]
) -> Exhibit | None:
    """Each step of a circle, when it was issued, and whether the next can build on it."""
    cycle = finding.evidence["cycle"]
    if not (isinstance(cycle, list) and all(isinstance(jti, str) for jti in cycle)):
        return None
    skew = evidence.policy.skew
    steps = [_step(evidence, jti, finding.wid) for jti in cycle]
    rows: list[tuple[str, ...]] = []
    against: list[int] = []
    for number, (name, iat, taken) in enumerate(steps):
        after, next_iat, *_ = steps[(number + 1) % len(steps)]
        if iat is not None and next_iat is not None and iat > next_iat:
            against.append(number)
        rows.append((name, _time(iat), taken, after, _can_be(iat, next_iat, skew)))
    kept = sorted({*range(ROWS // 2), *against[: ROWS // 2]} & set(range(len(rows))))
    columns: tuple[str, ...] = ("task", "issued", "recorded", "is a parent of", "by their times")
    note = "By their times each link could be; look at the order in which they were recorded."
    if not any(taken for _, _, taken in steps):
        columns, rows = (*columns[:2], *columns[3:]), [(*row[:2], *row[3:]) for row in rows]
        note = (
            "By their times each link could be, and the ledger does not say when it took them in."
        )
    if against:
        note = "Look first where the parent was issued after the task that builds on it."
    if len(kept) < len(rows):
        note = f"{len(rows) - len(kept):,} of {len(rows):,} steps are not shown. {note}"
    return Exhibit(
        title="The way round",
        columns=columns,
        rows=tuple(rows[number] for number in kept),
        note=note,
    )


def _can_be(parent: float | None, child: float | None, skew: float) -> str:
    """Whether a task that was issued then can be a parent of the other."""
    if parent is None or child is None:
        return "not known"
    gap = parent - child
    if gap > skew:
        return f"cannot be: issued {labels.seconds(gap)} after it"
    if gap > 0:
        allowed = labels.seconds(skew)
        return f"doubtful: issued {labels.seconds(gap)} after it (clocks may differ by {allowed})"
    return f"can be: issued {labels.seconds(-gap)} before it" if gap else "can be: at the same time"


def _step(evidence: Evidence, jti: str, wid: str | None) -> tuple[str, float | None, str]:
    """(name, time of issue, time of recording) of a task."""
    node = evidence.ledger.node(jti, wid)
    if node is None:
        return f"{labels.short(jti)} (no record)", None, ""
    entry = evidence.ledger.witness(node)
    at = recorded(entry)
    place = "" if entry.seq is None else f"no. {entry.seq}"
    taken = place if at is None else f"{labels.time(at)} {place}".rstrip()
    return evidence.name(node), evidence.graph.nodes[node].get("iat"), taken


# Who needs what is not there


def _needed_by(
    evidence: Evidence, finding: Finding, _entries: Mapping[Place, Entry]
) -> Exhibit | None:
    """The tasks that name a task as their parent."""
    graph = evidence.graph
    if finding.task is None or finding.task not in graph:
        return None
    children = list(graph.successors(finding.task))
    rows = []
    for child in children[:ROWS]:
        data = graph.nodes[child]
        agent = labels.agent(data.get("iss") or "?")
        rows.append((evidence.name(child), agent, _time(data.get("iat")), trust(data["trust"])))
    return Exhibit(
        title="Who names it as a parent",
        columns=("task", "agent", "issued", "signature"),
        rows=tuple(rows),
        note=_more(children),
    )


_TABLES: dict[
    tuple[str, ...],
    Callable[[Evidence, Finding, Mapping[Place, Entry]], Exhibit | None],
] = {
    ("sha256", "differ"): _versions,
    ("cycle",): _circle,
    ("needed_by",): _needed_by,
}
"""Members of a finding's evidence, and the table that is made where all of them are there."""


# Times


_MOMENTS = {
    "iat": "this task was issued (iat)",
    "exp": "it expires (exp)",
    "parent_iat": "its parent was issued (iat)",
    "recorded": "the ledger took it in",
    "before": "the ledger took the entry before it in",
    "parent_recorded": "the ledger took its parent in",
    "at": "the time that it is judged at",
    "revoked_at": "its key was revoked",
}
_SPANS = ("gap", "skew", "leeway", "max_age", "max_ahead", "max_lifetime", "lifetime", "late")


def _is_moment(name: str, value: Any) -> bool:
    """Whether a member of evidence is a point in time."""
    named = (name in _MOMENTS and name != "before") or name.endswith(
        ("_iat", "_exp", "_at", "_recorded", "_time")
    )
    return named and type(value) in (int, float)


def _moments(members: Mapping[str, Any]) -> dict[str, float]:
    """The points in time among members of evidence, in their order."""
    found = {name: value for name, value in members.items() if _is_moment(name, value)}
    if "recorded" in found and type(members.get("before")) in (int, float):
        found["before"] = members["before"]
    return dict(sorted(found.items(), key=lambda each: (each[1], each[0])))


def _times(moments: Mapping[str, float], members: Mapping[str, Any]) -> Exhibit:
    """Several moments, with what lies between them."""
    rows: list[tuple[str, ...]] = []
    before = None
    for name, value in [*moments.items()][:ROWS]:
        gap = "" if before is None else f"{labels.seconds(value - before)} later"
        rows.append((labels.time(value), _MOMENTS.get(name, name), gap))
        before = value
    allowed = [
        f"{name}: {labels.seconds(members[name])}"
        for name in _SPANS
        if name != "gap" and type(members.get(name)) in (int, float)
    ]
    note = f"allowed: {', '.join(allowed)}" if allowed else ""
    return Exhibit(title="The times", rows=tuple(rows), note=note)


# Anything


def readable(name: str, value: Any, *, cut: bool = True) -> str:
    """A member of evidence, or a claim, for people: times in UTC, lists and hashes short."""
    number = type(value) in (int, float)
    if number and _is_moment(name, value):
        return f"{labels.time(value)} ({value})"
    if number:
        return labels.seconds(value) if name in _SPANS and name != "gap" else f"{value:,}"
    if isinstance(value, str):
        text = value
        if "\n" in text.strip():  # a traceback: its end tells
            text = " / ".join(line.strip() for line in text.strip().splitlines()[-3:])
    elif isinstance(value, list):
        text = labels.some([_short(each) for each in value[:5]], 5)
        text += f" and {len(value) - 5:,} more" if len(value) > 5 else ""
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return _short(text) if cut else text


def _short(value: Any) -> str:
    """A value cut to a readable length; digests to what tells them apart."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) == 64 and not text.strip("0123456789abcdef"):
        return f"{text[:16]}…"
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def _time(iat: float | None) -> str:
    return "not stated" if iat is None else labels.time(iat)


def trust(value: str) -> str:
    """What checking a signature came to, as people say it.

    >>> trust("unknown_key")
    'unknown key'
    """
    return value.replace("_", " ")


def where(place: Place) -> str:
    """A place as text that any encoding holds; names of files need not be text."""
    return str(place).encode(errors="backslashreplace").decode()


def located(entries: Iterable[Entry], places: Iterable[Place]) -> dict[Place, Entry]:
    """The entries at some places, in the order of the places; key files have none."""
    wanted = {(place.source, place.index): place for place in places if place.sha256 is not None}
    found: dict[Place, Entry] = {}
    for entry in entries if wanted else ():
        place = wanted.get((entry.record.source, entry.record.index))
        if place is not None:
            found[place] = entry
            if len(found) == len(wanted):
                break
    return {place: found[place] for place in wanted.values() if place in found}
