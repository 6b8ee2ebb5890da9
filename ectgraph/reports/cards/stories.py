"""Explanation -> a card: the lines of a terminal, for its tree is drawn in letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.style import Style

from ectgraph.reports.cards.markup import Html, card, element, text

if TYPE_CHECKING:
    from ectgraph.reports.stories.explanation import Explanation


def explanation(explanation: Explanation) -> Html:
    """A story: each line as the terminal shows it."""
    from ectgraph.reports.stories.narration import to_text  # noqa: PLC0415  # made of what is here

    console = Console(force_jupyter=False)
    lines = []
    for told in to_text(explanation):
        told.stylize_before(told.style)  # `render` leaves out what holds for a whole line
        lines.append("".join(_styled(*each) for each in told.render(console)))
    return card(element("pre", Html("\n".join(lines))))


_COLOURS = {"green": "good", "red": "bad", "yellow": "doubt"}


def _styled(said: str, style: Style | None, _control: object) -> Html:
    """A piece of a line of a terminal."""
    looks = _COLOURS.get(style.color.name, "") if style and style.color else ""
    looks = "faint" if style and style.dim else looks
    inside = Html("\n".join(text(each, None) for each in said.split("\n")))
    if style and style.bold:
        return element("strong", inside, looks=looks)
    return element("span", inside, looks=looks) if looks else inside
