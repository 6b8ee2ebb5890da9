"""Two copies of one ledger, kept by two parties who were not shown the same.

How they differ is stated by hand and never computed, as with what the linter is to say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from formats import chained
from story import Expect, Story

KEYS = "copies/keys.json"
AGAIN = "E0Xd4C9Yy8gCj4tOAOaaPphd_m1ywltD_QxmBg3GpABkErcYISIUIUZZHbN-VD2Gdik2iWBnMMmdoHLJyvHSpw"
"""Another signature of the contract by its own signer, drawn once at random."""

CITY = Story(
    file="copies/city.jsonl",
    tells="A city's copy of the tender for a road: the award has a penalty for delay.",
    domain="tenders.example",
    start="2026-05-12T09:00:00Z",
    draft="00",
    write=chained,
    copy="city",
    expect=Expect(tasks=11, edges=16, verified=11, keys=KEYS),
    table=f"""
      0 notice:     roads-office@city   publish_tender = resurfacing of Mill Street
     40 bid-1:      estimator@paving    submit_bid < notice = 412 000 EUR, 90 days
     66 bid-2:      estimator@roadworks submit_bid < notice = 398 000 EUR, 120 days
    120 opening:    clerk               open_bids < bid-1 bid-2 = two bids, both in time
    180 quality:    engineer@city       judge_quality < opening = both meet the standard
        [copy=city]
    180 quality:    engineer@city       judge_quality < opening = both meet the standard
        [copy=contractor; recorded=220]
    195 terms:      lawyer@city         check_terms < opening = no reservations in either
    210 references: auditor@city        check_references < opening = both have built roads
    260 award:      award-desk          award_contract < quality terms references
        = bid 2, 398 000 EUR, 120 days, 900 EUR for each day of delay [copy=city]
    260 award:      award-desk          award_contract < quality terms references
        = bid 2, 398 000 EUR, 120 days [copy=contractor]
    300 contract:   clerk               draw_up_contract < award terms = contract 2026/77
        [copy=city]
    300 contract:   clerk               draw_up_contract < award terms = contract 2026/77
        [copy=contractor; signature={AGAIN}]
    340 extra:      award-desk          grant_extra < contract = drains, 46 000 EUR more
        [copy=contractor]
    390 deposit:    treasury@city       pay_deposit < contract award = 79 600 EUR paid
    430 start:      foreman@roadworks   begin_works < contract deposit = diggers on site
    """,
)
CONTRACTOR = replace(
    CITY,
    file="copies/contractor.jsonl",
    tells="The contractor's copy: the same award has no penalty, and an extra was granted.",
    copy="contractor",
    expect=Expect(tasks=12, edges=17, verified=12, keys=KEYS),
)
COPIES = (CITY, CONTRACTOR)


class Difference(NamedTuple):
    """One thing in which the second copy is not the first."""

    kind: str
    """As `ectgraph diff` names it."""
    task: str
    here: int | None
    """Which entry it is in the first copy, counted from 1."""
    there: int | None
    """Which it is in the second."""


ALIKE = 4
"""How many first entries the copies share, to the last byte."""
DIFFERENCES = (
    Difference("equivocation", "award", 8, 8),
    Difference("only-there", "extra", None, 10),
    Difference("re-signed", "contract", 9, 9),
    Difference("re-ordered", "quality", 5, 7),
    Difference("rewrapped", "quality", 5, 7),
    Difference("rewrapped", "terms", 6, 5),
    Difference("rewrapped", "references", 7, 6),
    Difference("rewrapped", "deposit", 10, 11),
    Difference("rewrapped", "start", 11, 12),
)
"""What differs; a token that is only in another entry of the chain is `rewrapped`."""
