"""A ledger linted without keys."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT204",
    "signatures-not-checked",
    Severity.WARNING,
    cites="policy",
    advice="Give the agents' public keys with `--keys FILE`.",
    baseline=False,
    good=("a@0",),
    bad=("a@0; b@5<a; !no-keys",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """No keys were given, so no signature was checked. Said once, with the number of tokens.

    Everything else still holds only if the tokens are genuine, and nothing shows that they are:
    whoever can write to the file can have made up all of it. Harmless for a first look.
    """
    if evidence.ring is None:
        signed = sum(e.token is not None and e.token.level != "L1" for e in evidence.ledger)
        if signed:
            what = "1 signature was" if signed == 1 else f"{signed:,} signatures were"
            message = f"{what} not checked: no keys were given"
            yield Hit(message, evidence={"tokens": signed})
