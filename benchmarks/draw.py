"""Time pictures: `python draw.py`. Each is measured beside what it cannot do without.

No signature is checked here: the entries are made in memory, as a loader would have read them.
"""

from __future__ import annotations

from statistics import median

from rules import entry, seconds

from ectgraph.case import Case
from ectgraph.collector import paused
from ectgraph.ledger import Ledger
from ectgraph.policy import Policy
from ectgraph.render import picture

RUNS = 5


def case(tasks: int) -> Case:
    """A judged ledger in memory."""
    with paused():
        made = Case(Ledger(map(entry, range(tasks))), None, Policy(disjoint_workflows=True))
        assert made.report.summary.tasks == tasks
    return made


def tell(what: str, took: list[float], note: str = "") -> None:
    print(f"  {what:46} {median(took):6.2f} s  {note}")


def thousand() -> None:
    """All of 1,000 tasks as SVG, beside Graphviz alone on the same DOT; taken in turns."""
    made = case(1000)
    dot = made.draw(max_nodes=None).dot
    both = [
        (
            seconds(lambda: made.draw(max_nodes=None).svg()),
            seconds(lambda: picture.draw(dot, "svg")),
        )
        for _ in range(RUNS)
    ]
    ours, theirs = zip(*both, strict=True)
    print("1,000 tasks, each a box")
    tell("to SVG", list(ours))
    tell("Graphviz alone", list(theirs))
    print(f"  ratio {median(a / b for a, b in both):46.2f}")


def overview() -> None:
    """A picture of 100,000 tasks, with the rules and the graph that it needs."""
    print("100,000 tasks, reduced")
    with paused():
        ledger = Ledger(map(entry, range(100_000)))
        bare = Case(ledger, None, Policy())
        tell("the graph and the rules", [seconds(lambda: bare.report)])
    drawn = bare.draw()
    tell("what to show", [seconds(bare.draw) for _ in range(RUNS)], drawn.notes[0])
    tell("to SVG", [seconds(drawn.svg) for _ in range(RUNS)])


def timeline() -> None:
    """A timeline of 10,000 tasks."""
    made = case(10_000)
    print("10,000 tasks as a timeline")
    for form in ("svg", "png", "html"):
        took = [seconds(lambda form=form: made.timeline().render(form)) for _ in range(3)]
        tell(f"to {form.upper()}", took)


if __name__ == "__main__":
    thousand()
    overview()
    timeline()
