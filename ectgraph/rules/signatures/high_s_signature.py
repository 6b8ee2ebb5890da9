"""The other one of two signatures that fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import comb

from ectgraph.rule import Evidence, Hit, Severity, Trust, ledger_rule

_LOW = "; ".join(f"t{number}@{number}<a !low-s" for number in range(24))


@ledger_rule(
    "ECT207",
    "high-s-signature",
    Severity.NOTE,
    cites="RFC 7518 §3.4; policy: low_s",
    advice="Compare it with what the signer sent; tell tokens apart by `jti`, not by digest.",
    baseline=False,
    good=("a@0 !high-s", f"a@0 !low-s; {_LOW}", "a@0 !low-s; !low_s=true"),
    bad=(f"a@0 !high-s; {_LOW}", "a@0 !high-s; !low_s=true"),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A signature is in the high form, and its signer makes the low form.

    Of each ECDSA signature (r, s) anybody makes a second one, (r, n - s), without the key; it
    verifies over the same bytes. So a copy of a token can differ from it, and who tells tokens
    apart by their digest, a replay cache say, takes the copy for another token. JWS allows both
    forms, and ordinary signers make each as often, which is harmless and not told.

    It is told where the signer evidently always makes the low form: where so few of the tokens that
    verified by one key are high, that chance would give so few less than once in a million times
    (1 of 25, say). Where `low_s` of the policy says that all signers do, each high one is told.
    Few tokens show nothing, and an attacker who changes a quarter of them hides from this rule.
    """
    if evidence.ring is None:
        return
    spki = [key.spki for key in evidence.ring.keys]
    high: dict[bytes | None, list[int]] = {}
    for position, entry in enumerate(evidence.ledger):
        if entry.high_s:
            signer = None if entry.key is None else spki[entry.key]
            high.setdefault(signer, []).append(position)
    counts = _counts(evidence, spki) if high else {}
    for signer, positions in high.items():
        few, all_ = counts[signer, True], counts[signer, True] + counts[signer, False]
        if evidence.policy.low_s:
            message = "its signature is in the high form, and signers here make the low form alone"
        elif signer is not None and _is_no_chance(few, all_):
            low = f"{all_ - few:,} of {all_:,} by its key are in the low form"
            message = f"its signature is in the high form, and {low}"
        else:
            continue
        for position in positions:
            yield Hit(message, evidence={"high": few, "signatures": all_}, records=(position,))


def _counts(evidence: Evidence, spki: list[bytes]) -> Counter[tuple[bytes | None, bool]]:
    """How many tasks each key signed in either form; copies of one token show nothing more."""
    entries = evidence.ledger.entries
    numbers: Counter[tuple[int | None, bool]] = Counter()
    for positions in evidence.ledger.tasks.values():
        verified = (entries[p] for p in positions if entries[p].trust is Trust.VERIFIED)
        numbers.update({(entry.key, entry.high_s) for entry in verified})
    counts: Counter[tuple[bytes | None, bool]] = Counter()
    for (number, is_high), count in numbers.items():
        counts[None if number is None else spki[number], is_high] += count
    return counts


def _is_no_chance(few: int, total: int) -> bool:
    """Whether a fair coin shows so few heads, or fewer, less than once in a million times.

    More than a quarter are not few, however many there are; a quarter of 200 is beyond doubt.

    >>> _is_no_chance(1, 24), _is_no_chance(1, 25), _is_no_chance(300_000, 1_000_000)
    (False, True, False)
    """
    if 4 * few > total:
        return False
    return total > 200 or 10**6 * sum(comb(total, heads) for heads in range(few + 1)) < 2**total
