"""Time every rule over ledgers of growing size: `python rules.py [SIZE ...]`.

What takes linear time takes ten times as long for ten times the tasks. No signature is checked
here: the entries are made in memory, as a loader would have read them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from hashlib import sha256

from make_ledger import AGENTS, WORKFLOW

from ectgraph.collector import paused
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Header, Record, Token, Trust
from ectgraph.policy import Agent, Need, Policy, Step
from ectgraph.rule import Evidence, Rule
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, task_id

SIZES = (10_000, 100_000, 1_000_000)
SHOWN = 14
"""Rules and measures that are shown: those that take longest."""
HASHES = [f"{number:043}" for number in range(7)]
POLICY = Policy(
    agents=(Agent(iss="spiffe://example.com/agent/*", may=("step_*",)),),
    steps=(Step(act="step_6", after=("step_*",), needs=(Need(act="step_0", agents=2),)),),
    max_children=50,
)


def entry(number: int) -> Entry:
    """The entry of one task; every hundredth undoes something."""
    first = number - number % WORKFLOW
    body = str(number).encode()
    record = Record("made", number + 1, 0, len(body), number, sha256(body).digest(), 0, 0, body)
    agent = f"spiffe://example.com/agent/{AGENTS[number % len(AGENTS)]}"
    token = Token(
        jti=task_id(str(number)),
        wid=f"workflow {first}",
        iss=agent,
        aud=(agent, "spiffe://example.com/ledger"),
        iat=EPOCH + number,
        exp=EPOCH + number + 600,
        exec_act=f"step_{number % 7}",
        parents=tuple(task_id(str(n)) for n in (number - 1, number - 7) if n >= first),
        inp_hash=HASHES[(number - 1) % 7],
        out_hash=HASHES[number % 7],
        ext={"compensation_required": number % 100 == 0, "compensation_reason": "a test"},
        header=Header("ES256", "exec+jwt", AGENTS[number % len(AGENTS)]),
        draft="01",
    )
    return Entry(record, token, Trust.VERIFIED, seq=number + 1, recorded_at=EPOCH + number)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run(rule: Rule, evidence: Evidence) -> None:
    """Have a rule look at everything that it looks at."""
    tokens = [each.token for each in evidence.ledger if each.token is not None]
    if rule.look is not None:
        for token in tokens:
            rule.look(token, POLICY)
    elif rule.date is not None:
        for token in tokens:
            rule.date(token, EPOCH, POLICY)
    elif rule.compare is not None:
        for _, _, link in evidence.links:
            rule.compare(link, POLICY)
    elif rule.check is not None:
        for _ in rule.check(evidence):
            pass


def measure(size: int) -> dict[str, float]:
    """Seconds of each shared measure, and of each rule."""
    with paused():
        evidence = Evidence(Ledger(map(entry, range(size))), None, POLICY)
        names = ("graph", "contested", "links", "sections", "shape")
        found = {name: seconds(lambda name=name: getattr(evidence, name)) for name in names}
        for rule in RULES.values():
            found[f"{rule.code} {rule.name}"] = seconds(lambda rule=rule: run(rule, evidence))
    return found


def main(sizes: tuple[int, ...]) -> None:
    """Print a table."""
    found = {size: measure(size) for size in sizes}
    print(f"{'':30}" + "".join(f"{size:>12,}" for size in sizes) + "   growth")
    slowest = sorted(found[sizes[-1]], key=lambda name: -found[sizes[-1]][name])
    for name in slowest[:SHOWN]:
        times = [found[size][name] for size in sizes]
        steps = zip(times, times[1:], sizes, sizes[1:], strict=False)
        growth = [b / a / (m / n) for a, b, n, m in steps]
        line = "".join(f"{1e6 * t / n:9.2f} µs" for t, n in zip(times, sizes, strict=True))
        print(f"{name:30}{line}   {' '.join(f'{each:.2f}' for each in growth)}")
    print("microseconds for each task; growth: 1 is linear")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
