"""Diagram -> lines of text for a terminal, in the manner of `git log --graph`; time goes downwards.

Each box is a mark in a row, with its words to the right of it; `tracks` says where lines run. What
no line shows is said in words, so no link is left out.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.model import Severity
from ectgraph.render import caption, tracks
from ectgraph.render.diagram import Box, Diagram, Link, headline
from ectgraph.render.legend import Look
from ectgraph.render.legend import rows as legend_rows

MOST_LANES = 16
"""Lanes side by side; nobody follows a line among more."""
FEWEST_LANES = 4
"""Lanes that there are even in a narrow terminal."""
ROOM = 50
"""Columns that lanes leave to words: those of a task by its time of day, in a line."""
NAMED = 3
"""Tasks that are named in words before the others are counted."""
NAME = 60
"""Characters of what names a workflow."""


@dataclass(frozen=True)
class Signs:
    """The characters of a drawing."""

    lines: Mapping[int, int]
    """What stands for the characters of `tracks`, where it is another."""
    verified: str
    unverified: str
    missing: str
    duplicate: str
    group: str
    doubtful_group: str
    """Of a group with tasks that are missing or not verified."""
    takes: str
    back: str
    between: str


UNICODE = Signs({}, "●", "○", "◌", "◎", "▣", "▢", "←", "↺", " · ")
_PLAIN = str.maketrans("│─├┤┼╭╮┬╰╯┴", "|-+++...'''")
ASCII = Signs(_PLAIN, "*", "o", "?", "@", "#", "%", "<-", "(back)", "; ")
_COLOURS = ("cyan", "magenta", "green", "blue", "yellow")
"""Of lanes and agents: a terminal's own, which read on its ground, light or dark."""


def to_text(
    diagram: Diagram, width: int = 100, *, only_ascii: bool = False, legend: bool = True
) -> str:
    """Draw a diagram as plain text; see `to_lines`.

    >>> to_text(Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0))
    '0 tasks, 0 parent links'
    """
    lines = to_lines(diagram, width, only_ascii=only_ascii, legend=legend)
    return "\n".join(line.plain for line in lines)


def to_lines(
    diagram: Diagram, width: int = 100, *, only_ascii: bool = False, legend: bool = True
) -> Iterator[Text]:
    """Draw a diagram line by line: boxes in the order of time, parents first, then the legend.

    Colours add nothing that the characters do not say.

    Args:
        diagram: the picture.
        width: columns of the terminal.
        only_ascii: draw with characters that every terminal has; claims keep theirs.
        legend: whether to say what the marks mean.

    """
    signs = ASCII if only_ascii else UNICODE
    lanes = max(FEWEST_LANES, min(MOST_LANES, (width - ROOM) // 2))
    drawn = [*tracks.steps(diagram, lanes)]
    used = max((len(row) for step in drawn for row in step.rows), default=0)
    words = _Words(diagram, [step.box for step in drawn], max(width - used - 2, ROOM // 2), signs)
    row = below = ""
    for step in drawn:
        mark = words.mark(step.box)
        if not step.led and row[2 * step.place :].startswith(tracks.MARK):
            yield _graph(below, step.place, mark, signs)  # or it would look like a child
        for drawn_row, text in zip_longest(step.rows, words.beside(step.box, step.untold)):
            row = drawn_row or step.below
            line = _graph(row, step.place, mark, signs)
            line.pad_right(used + 2 - len(row))
            line.append_text(text or Text())
            line.rstrip()
            yield line
        below = step.below
    if drawn:
        yield Text()
    for line in words.after(legend=legend):
        yield from words.wrapped(line, max(width, ROOM // 2))


def _graph(row: str, place: int, mark: tuple[str, str], signs: Signs) -> Text:
    """The left side of a row; each lane has a colour, which also leads from the box to others."""
    line = Text()
    for at, char in enumerate(row):
        if char == tracks.MARK:
            line.append(*mark)
        else:
            lane = place if char == "─" else at // 2
            line.append(char.translate(signs.lines), _COLOURS[lane % len(_COLOURS)])
    return line


class _Words:
    """What is written beside the boxes of a diagram, and after them."""

    def __init__(self, diagram: Diagram, order: Sequence[int], room: int, signs: Signs) -> None:
        self._diagram, self._room, self._signs = diagram, room, signs
        self._console = Console(file=io.StringIO(), width=room, color_system=None)
        self._slots = {agent.iss: agent.slot for agent in diagram.agents}
        one_day = caption.same_day(diagram)
        values = [dict(caption.values(box, one_day)) for box in diagram.boxes]
        names = _unique(diagram.boxes, values)
        self._names = ["".join(name) for name in names]
        self._columns = _columns(diagram.boxes, values, names, room)
        self._workflows = _changes(order, [value["wid"] for value in values])
        self._into: dict[int, list[Link]] = {}
        self._back: dict[int, list[int]] = {}
        """Links that lead back up, or to the box itself: they have no line."""
        ranks = {box: rank for rank, box in enumerate(order)}
        for link in diagram.links:
            self._into.setdefault(link.child, []).append(link)
            if link.kind == "parent" and ranks[link.parent] >= ranks[link.child]:
                self._back.setdefault(link.parent, []).append(link.child)

    def mark(self, place: int) -> tuple[str, str]:
        """The sign of a box, which tells what is known of its record; and its colour."""
        box, signs = self._diagram.boxes[place], self._signs
        if box.missing:
            return signs.missing, "bold red"
        doubtful = box.trust.get("verified", 0) < len(box.tasks)
        if not box.single:
            return (signs.doubtful_group, "bold red") if doubtful else (signs.group, "bold")
        if doubtful:
            return signs.unverified, "bold red"
        return signs.duplicate if box.duplicates else signs.verified, "bold"

    def beside(self, place: int, untold: Sequence[int]) -> list[Text]:
        """The words of a box, in as many lines as they need."""
        box = self._diagram.boxes[place]
        slot = None if box.iss is None else self._slots.get(box.iss)
        agent = "" if slot is None else _COLOURS[slot % len(_COLOURS)]
        head = Text("  ").join(
            Text(column[place], style)
            for column, style in zip(self._columns, ("bold", agent, "dim", ""), strict=True)
            if column[place]
        )
        said = Text(self._signs.between, "dim").join(self._said(place, untold))
        if not said.plain:
            whole = [head]
        elif head.cell_len + 2 + said.cell_len <= self._room:
            whole = [head.append("  ").append_text(said)]
        else:
            whole = [head, said]
        return [part for line in whole for part in self.wrapped(line, self._room)]

    def wrapped(self, line: Text, room: int) -> Iterable[Text]:
        """A line in as many as it needs in so many columns."""
        line.rstrip()
        if line.cell_len <= room:
            return [line]
        return line.wrap(self._console, room, overflow="fold")

    def _said(self, place: int, untold: Sequence[int]) -> Iterator[Text]:
        """What has to be said of a box, and of links to and from it: what lines do not show."""
        box, signs = self._diagram.boxes[place], self._signs
        sound = "approved", "pending review", "compensation"
        for state in caption.states(box):
            yield Text(_claim(state), "bold" if state.endswith(sound) else "bold red")
        for badge in caption.badges(box):
            grave = box.severity is not None and box.severity.rank >= Severity.ERROR.rank
            yield Text(badge, "bold red" if grave else "bold yellow")
        if box.single:
            yield from (Text(end) for end in caption.ends(box) if end not in ("root", "leaf"))
        else:
            yield from map(Text, caption.ends(box))
        if untold:
            yield Text(f"{signs.takes} {self._some(untold)}")
        if place in self._back:
            yield Text(f"{signs.back} leads back to {self._some(self._back[place])}", "bold red")
        for words in self._of_links(self._into.get(place, ())):
            yield Text(words, "dim" if words.startswith(_DATA) else "")
        if place in self._workflows:
            yield Text(_claim(f"workflow {self._workflows[place]}", NAME), "dim")

    def _of_links(self, into: Sequence[Link]) -> Iterator[str]:
        """What there is to say of the links into a box, and from whom those are."""
        of: dict[str, list[int]] = {}
        for link in into:
            for words in _remarks(link):
                of.setdefault(words, []).append(link.parent)
        for words, parents in of.items():
            whole = len(parents) == len(into)
            yield words if whole and words == _DATA else f"{words} from {self._some(parents)}"

    def _some(self, places: Sequence[int]) -> str:
        return labels.some([self._names[place] for place in places], NAMED)

    def after(self, *, legend: bool) -> Iterator[Text]:
        """What the picture shows, and what its marks mean; agents are named where they act."""
        diagram = self._diagram
        drawn = {self.mark(place)[0] for place in range(len(diagram.boxes))}
        marks = _marks(self._signs, doubtful=self._signs.doubtful_group in drawn)
        yield Text(headline(diagram), "bold")
        for row in legend_rows(diagram) if legend else ():
            mark, words = marks.get(row.look, ""), _claim(row.words, escape.LONG)
            words += "" if row.count is None else f": {row.count:,}"
            yield Text(f"{mark}  {words}" if mark else words, "dim")


_DATA = "with data"


def _marks(signs: Signs, *, doubtful: bool) -> Mapping[Look, str]:
    """How each look of the legend is shown here; there may be doubtful groups, or not."""
    otherwise = f", or {signs.doubtful_group} if not all are verified" if doubtful else ""
    return {
        "unverified": signs.unverified,
        "missing": signs.missing,
        "duplicate": signs.duplicate,
        "findings": "ECT…",
        "group": f"{signs.group}{otherwise}",
        "data": f"“{_DATA}”",
        "data only": "“data alone”",
        "crossing": "“other workflow”",
        "circle": "“in a circle”",
        "back": "“back”",
    }


def _remarks(link: Link) -> Iterator[str]:
    """What a line does not show of a link."""
    if link.kind == "data":
        yield "data alone" if link.count == 1 else f"data alone, {link.count:,} times,"
        return
    if words := caption.on_link(link):
        yield words if link.back else f"{words} links"
    for number, words in (
        (link.data, _DATA),
        (link.crossing, "other workflow,"),
        (link.circle, "in a circle,"),
    ):
        if number:
            yield words if number == link.count else f"{number:,} {words}"


def _unique(boxes: Sequence[Box], values: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """A name for each box that no other has: the beginning of its `jti`, more of it; and a number.

    Groups are called by their action and agent.
    """
    names = [
        value["short"] or " by ".join(filter(None, (value["act"], value["agent"])))
        for value in values
    ]
    often = Counter(names)
    names = [
        labels.fit(box.jti, caption.WIDTH) if box.jti and often[name] > 1 else name
        for box, name in zip(boxes, names, strict=True)
    ]
    names = [_claim(name, caption.WIDTH) for name in names]
    taken, numbers = set(names), Counter[str]()
    once = Counter(names)
    found = []
    for name in names:
        suffix = ""
        if once[name] > 1:
            while (numbered := f"{name}{(suffix := f'~{numbers[name] + 1}')}") in taken:
                numbers[name] += 1
            taken.add(numbered)
        found.append((name, suffix))
    return found


def _columns(
    boxes: Sequence[Box],
    values: Sequence[Mapping[str, str]],
    names: Sequence[tuple[str, str]],
    room: int,
) -> list[list[str]]:
    """Action, agent, name and time of each box, as wide as all; narrower if there is no room."""
    columns = [[_claim(value[of], caption.WIDTH) for value in values] for of in ("act", "agent")]
    columns.append(
        [
            f"{name}{number}" if box.single else number  # a group's name is in the other columns
            for box, (name, number) in zip(boxes, names, strict=True)
        ]
    )
    columns.append([value["time"] for value in values])
    widths = [max(map(cell_len, column), default=0) for column in columns]
    for place, least in ((1, 10), (0, 14)):
        over = sum(widths) + 2 * sum(map(bool, widths)) - 2 - room
        widths[place] = min(widths[place], max(least, widths[place] - max(0, over)))
    return [
        [_fitted(text, width) for text in column]
        for column, width in zip(columns, widths, strict=True)
    ]


def _claim(text: str, limit: int | None = None) -> str:
    """Text with a claim in it, printable, and without anything that looks like the drawing."""
    text = text if limit is None else text[: limit + 1]  # escapes only make it longer
    apart = _DRAWN.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
    return escape.terminal(apart, limit)


_DRAWN = re.compile(r"[\u2500-\u257f●○◌◎▣▢←↺]|(?<!\S)·(?!\S)")
"""Lines, marks, and what stands between words; in ASCII these are letters of everybody."""


def _fitted(text: str, width: int) -> str:
    """Text in so many columns of a terminal, in which some characters take two."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def _changes(order: Sequence[int], wids: Sequence[str]) -> dict[int, str]:
    """Where in a picture of several workflows another one begins."""
    if len({*wids} - {""}) < 2:
        return {}
    found, current = {}, ""
    for place in order:
        if wids[place] not in ("", current):
            found[place] = current = wids[place]
    return found
