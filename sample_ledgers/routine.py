"""Thirty workflows of one kind: the invoices that a cheese dairy pays for its milk.

One invoice comes each Monday and is booked by Wednesday. Most go the same way; what is odd is
stated here by hand and never computed, so that the answers of questions can be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from formats import packed
from story import Expect, Story

WEEKS = 30
HOLIDAY = (16, 17, 18)
"""Weeks without an invoice, counted from 0: around New Year the dairy is closed."""
CROWDED = 25
"""The week in which four invoices come, and are paid within minutes in one night."""
LARGE = (6, 12)
"""Invoices of large sums: the director approves them after the controller."""
UNAPPROVED = 20
"""The invoice that was paid without any approval."""
AT_NIGHT = (23, 24, 25, 26)
"""The invoices of the crowded week."""


def _table() -> str:
    """The invoices, numbered from 1 as they come."""
    number, lines = 0, []
    for week in range(WEEKS):
        if week in HOLIDAY:
            continue
        for _ in range(4 if week == CROWDED else 1):
            number += 1
            lines += _invoice(number, timedelta(weeks=week))
    return "\n".join(lines)


def _invoice(number: int, week: timedelta) -> Iterator[str]:
    """The tasks of one invoice; times of day differ a little from one to the next."""

    def at(day: int, hour: int, minutes: int) -> int:
        late = timedelta(minutes=number * 37 % minutes, seconds=number * 17 % 60)
        return int((week + timedelta(days=day, hours=hour) + late).total_seconds())

    euros = (31_000 if number in LARGE else 4_000) + 113 * number
    paid = at(2, 2, 5) if number in AT_NIGHT else at(2, 9, 60)
    way = {
        "register": (at(0, 8, 60), "mail-desk register_invoice", f"{euros} EUR for milk"),
        "check": (at(0, 10, 120), "clerk check_invoice", "as delivered"),
        "approve": (at(1, 9, 120), "controller approve_invoice", "may be paid"),
        "approve-large": (at(1, 13, 60), "director approve_large_sum", "may be paid, though large"),
        "pay": (paid, "treasury pay_invoice", f"{euros} EUR sent"),
        "confirm": (at(2, 11, 60), "treasury confirm_payment", f"{euros} EUR left the account"),
        "book": (at(2, 13, 120), "bookkeeper book_payment", "booked"),
    }
    if number == UNAPPROVED:
        del way["approve"]
    if number not in LARGE:
        del way["approve-large"]
    after = ""
    for step, (when, does, makes) in way.items():
        options = f"of=invoice-{number}" + "; to=supervisor" * (step == "book")
        yield f"{when} {step}-{number}: {does}{after} = invoice {number}: {makes} [{options}]"
        after = f" < {step}-{number}"


INVOICES = Story(
    file="routine/invoices.jsonl.gz",
    tells="A cheese dairy pays 30 invoices for milk: one a week, four in one, none in a holiday.",
    domain="dairy.example",
    start="2025-09-01T00:00:00Z",
    draft="00",
    write=packed,
    expect=Expect(tasks=181, edges=151, verified=181, keys="routine/keys.json"),
    table=_table(),
)


def _wid(number: int) -> str:
    return INVOICES.jti(f"invoice-{number}")


EXPECTED = {
    "ledger": INVOICES.file,
    "keys": INVOICES.expect.keys,
    "usual": {"workflows": 27, "tasks": 6, "wid": _wid(1)},
    "without_approval": {
        "wid": _wid(UNAPPROVED),
        "lacks": "1 approve_invoice, 1 approve_invoice → pay_invoice, "
        "1 check_invoice → approve_invoice",
        "has_more": "1 check_invoice → pay_invoice",
    },
    "second_approval": {
        "wids": [_wid(number) for number in LARGE],
        "lacks": "1 approve_invoice → pay_invoice",
        "has_more": "1 approve_large_sum, 1 approve_invoice → approve_large_sum, "
        "1 approve_large_sum → pay_invoice",
    },
    "rarest": {
        "kind": "step",
        "count": 1,
        "parent_act": "check_invoice",
        "exec_act": "pay_invoice",
        "task": INVOICES.jti(f"pay-{UNAPPROVED}"),
    },
    "burst": {
        "begin": "2026-02-19T00:00:00Z",
        "seconds": 604_800,
        "tasks": 24,
        "wids": [_wid(number) for number in AT_NIGHT],
    },
    "at_night": {
        "iss": "spiffe://dairy.example/agent/treasury",
        "hour": 2,
        "tasks": [INVOICES.jti(f"pay-{number}") for number in AT_NIGHT],
        "within_s": 300,
    },
    "gap": {
        "before": INVOICES.jti("book-16"),
        "after": INVOICES.jti("register-17"),
        "from": "2025-12-17",
        "to": "2026-01-12",
    },
    "silent": {"name": "spiffe://dairy.example/agent/supervisor", "named": 30},
}
"""What the questions are to answer; the week of a burst begins on Thursday, as 1970 did."""
