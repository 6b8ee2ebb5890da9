"""Rebuild every other file of this folder, byte for byte.

    python sample_ledgers/rebuild.py [TARGET_FOLDER]

A `Story` is a table of `Step`s, one for each task. Everything that a token needs beyond its step
follows from the story: ids, times, hashes, and who must be able to read it. To add a story, write
its table into `STORIES` and run this script. What a story expects of the linter is stated by hand,
never computed, so that `expected.json` can catch the linter in a mistake.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ectgraph.encoding import encode_base64url
from ectgraph.rules import RULES
from ectgraph.testing import FAULTS, Draft, compact_json, jwks, ledger_file, task_id, token

LIFETIME = 600  # seconds from a token's `iat` to its `exp`
DELAY = 2  # seconds from a task to its record in the ledger

SPOIL: dict[str, Callable[[Draft], bytes]] = FAULTS | {
    "alg-none": lambda draft: (
        Draft(draft.header | {"alg": "none"}, draft.claims, draft.signer).seal().rpartition(b".")[0]
        + b"."
    ),
    "unsigned": lambda draft: encode_base64url(compact_json(draft.claims)),
    "cut-off": lambda draft: draft.seal()[:300],
    "on-paper": lambda _: b"see paper file 17, page 4",
}
"""What can be wrong with one record: the faults of `ectgraph.testing`, and some of our own."""


@dataclass(frozen=True)
class Step:
    """One task of a story."""

    name: str
    """Stands for the task's `jti`; two steps of one name are two tokens for one task."""
    agent: str
    """Who did it: `triage`, or `triage@other.example` for an agent of another company."""
    action: str
    at: int
    """Seconds from the start of the story."""
    makes: str
    """The artefact that comes out, of which the token holds the hash."""
    after: str = ""
    """Names of the tasks it builds on, with spaces between them."""
    pol: str = ""
    decision: str = "approved"
    more: dict[str, Any] = field(default_factory=dict)
    """Further members of the extension object."""
    fault: str = ""
    """A name of `SPOIL`."""
    clock: int = 0
    """Seconds by which the agent's clock is fast; negative when it is slow."""
    kept: bool = True
    """`False`: it was done, but somebody took its record out of the ledger."""
    again: int | None = None
    """When the same token is recorded a second time."""


class Recorded(NamedTuple):
    """A record on its way into a file."""

    at: int
    step: Step
    claims: dict[str, Any]
    token: bytes


@dataclass(frozen=True, kw_only=True)
class Story:
    """A ledger, and what the linter is expected to say of it."""

    file: str
    tells: str
    domain: str
    """Where its agents live when they do not say otherwise; the ledger is run there as well."""
    start: str
    steps: tuple[Step, ...]
    draft: str
    """The dialect: `early-00` (with policy claims), `00` or `01`."""
    write: Callable[[Story], bytes]
    strangers: tuple[str, ...] = ()
    """Agents whose keys nobody was given."""
    codes: tuple[str, ...] = ()
    tasks: int
    edges: int
    verified: int
    exit: int = 0

    def kid(self, agent: str) -> str:
        """The key of an agent: its name with its domain."""
        return agent if "@" in agent else f"{agent}@{self.domain}"

    def issuer(self, agent: str) -> str:
        """The SPIFFE ID of an agent."""
        name, _, domain = self.kid(agent).partition("@")
        return f"spiffe://{domain}/agent/{name}"

    def jti(self, name: str) -> str:
        """The id of a task, or of the workflow."""
        return task_id(f"{self.domain}/{name}")

    def records(self) -> list[Recorded]:
        """What the ledger holds, in the order of its recording."""
        zero = int(datetime.fromisoformat(self.start).timestamp())
        records = []
        for step in self.steps:
            claims = self._claims(step, zero)
            compact = self._token(step, claims)
            times = (step.at, step.again) if step.kept else ()
            records += [
                Recorded(zero + at + DELAY, step, claims, compact) for at in times if at is not None
            ]
        return sorted(records, key=lambda record: record.at)

    def _claims(self, step: Step, zero: int) -> dict[str, Any]:
        """A token's claims; addressed to the agents who build on the task, and to the ledger."""
        issuer, iat = self.issuer(step.agent), zero + step.at + step.clock
        readers = [self.issuer(s.agent) for s in self.steps if step.name in s.after.split()]
        new, early = self.draft == "01", self.draft == "early-00"
        policy = {"pol": step.pol, "pol_decision": step.decision} if step.pol else {}
        jti = self.jti(step.name)
        extension = {"exec_time_ms": 300 + int.from_bytes(_sha256(jti)[:2]) % 4000, **step.more}
        return {
            "iss": issuer,
            **({"sub": issuer} if early else {}),
            "aud": [*dict.fromkeys(readers), f"spiffe://{self.domain}/ledger"],
            "iat": iat,
            "exp": iat + LIFETIME,
            "jti": jti,
            "wid": self.jti("the workflow"),
            "exec_act": step.action,
            "pred" if new else "par": [self.jti(name) for name in step.after.split()],
            **self._hashes(step),
            **({} if new else policy),
            "ect_ext" if new else "ext": extension | (policy if new else {}),
        }

    def _hashes(self, step: Step) -> dict[str, str]:
        """`out_hash`, and where there is one parent, its output as `inp_hash`."""
        made = {s.name: encode_base64url(_sha256(s.makes)).decode() for s in self.steps}
        given = {"inp_hash": made[step.after]} if step.after in made else {}
        return {**given, "out_hash": encode_base64url(_sha256(step.makes)).decode()}

    def _token(self, step: Step, claims: dict[str, Any]) -> bytes:
        if not step.fault:
            return token(claims, self.kid(step.agent))
        typ = "exec+jwt" if self.draft == "01" else "wimse-exec+jwt"
        header = {"alg": "ES256", "typ": typ, "kid": self.kid(step.agent)}
        return SPOIL[step.fault](Draft(header, claims, self.kid(step.agent)))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _time(seconds: int, fraction: str = "") -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z")


def _pretty(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


# The forms that a ledger has as a file.


def chained(story: Story) -> bytes:
    """`ectgraph-ledger/1`: JSON Lines, each holding the hash of the line before."""
    records = story.records()
    return ledger_file([record.token for record in records], [record.at for record in records])


def bare(story: Story) -> bytes:
    """Bare tokens, a comment above each."""
    lines = [f"# {story.tells}", f"# Ledger of {story.domain}, {story.start[:10]}.", ""]
    for record in story.records():
        lines += [f"# {record.step.name}, by {record.step.agent}", record.token.decode()]
    return "\n".join(lines).encode() + b"\n"


def document(story: Story) -> bytes:
    """One JSON document, its entries as the reference implementation's ledger keeps them."""
    entries = [
        {
            "ledger_sequence": number,
            "task_id": record.claims["jti"],
            "agent_id": record.claims["iss"],
            "action": record.claims["exec_act"],
            "parents": record.claims["par"],
            "ect_jws": record.token.decode(),
            "signature_verified": True,
            "verification_timestamp": _time(record.at - 1),
            "stored_timestamp": _time(record.at),
        }
        for number, record in enumerate(story.records(), 1)
    ]
    return _pretty({"operator": f"spiffe://{story.domain}/ledger", "entries": entries})


def starfly(story: Story) -> bytes:
    """JSON Lines as Starfly writes them, chained by hash."""
    lines: list[bytes] = []
    for number, record in enumerate(story.records(), 1):
        claims = record.claims
        entry = {
            "seq": number,
            "jti": claims["jti"],
            "prev_hash": hashlib.sha256(lines[-1]).hexdigest() if lines else "",
            "ect_token": record.token.decode(),
            **{name: claims[name] for name in ("iss", "sub")},
            "tool_id": f"{record.step.agent}.{claims['exec_act']}",
            **{name: claims[name] for name in ("exec_act", "wid")},
            "recorded_at": _time(record.at, ".480215000"),
        }
        lines.append(compact_json(entry))
    return b"".join(line + b"\n" for line in lines)


def loose(story: Story) -> bytes:
    """JSON Lines without numbers or chain: JSON strings and small objects, as exports have them."""
    lines = []
    for number, record in enumerate(story.records()):
        text = record.token.decode()
        wrapped = {"recorded_at": _time(record.at), "token": text}
        lines.append(compact_json(wrapped if number % 2 else text))
    return b"".join(line + b"\n" for line in lines)


# The stories: first those that went well.

CLINICAL_REVIEW = Story(
    file="clinical-review.jsonl",
    tells="A triage agent proposes a treatment; a physician reviews it before it is ordered.",
    domain="clinic.example",
    start="2026-02-24T08:30:00Z",
    draft="early-00",
    write=chained,
    tasks=6,
    edges=7,
    verified=6,
    steps=(
        Step(
            "referral",
            "front-desk",
            "register_referral",
            0,
            "referral 4711: chest pain on exertion",
            pol="consent_v2",
        ),
        Step(
            "labs",
            "lab-reader",
            "read_lab_values",
            42,
            "troponin normal, LDL 4.9 mmol/l",
            "referral",
            "lab_quality_v5",
        ),
        Step(
            "scan",
            "image-reader",
            "read_coronary_scan",
            66,
            "one stenosis of 60 percent",
            "referral",
            "imaging_quality_v1",
        ),
        Step(
            "proposal",
            "triage",
            "propose_treatment",
            118,
            "statin, aspirin, stress test",
            "labs scan",
            "clinical_safety_v3",
            "pending_human_review",
        ),
        Step(
            "review",
            "physician-desk",
            "review_proposal",
            412,
            "agreed, at a lower statin dose",
            "proposal scan",
            "clinical_safety_v3",
            more={"witnessed_by": ["spiffe://clinic.example/agent/ward-clerk"]},
        ),
        Step("order", "pharmacy", "order_treatment", 455, "order 20931", "review", "dispensing_v9"),
    ),
)

TRADE_APPROVALS = Story(
    file="trade-approvals.jws",
    tells="A trade is executed after risk and compliance have both approved it.",
    domain="brokerage.example",
    start="2026-03-17T13:05:00Z",
    draft="01",
    write=bare,
    tasks=8,
    edges=8,
    verified=8,
    steps=(
        Step("request", "portfolio", "propose_trade", 0, "buy 12 000 NORD at 41.20 or better"),
        Step(
            "limits",
            "risk-engine",
            "check_limits",
            9,
            "exposure after the trade: 71 percent",
            "request",
        ),
        Step(
            "screening",
            "screening",
            "screen_instrument",
            14,
            "not on the restricted list",
            "request",
        ),
        Step(
            "risk",
            "risk-officer",
            "approve_risk",
            131,
            "approved up to 500 000 EUR",
            "limits",
            "trading_limits_v7",
        ),
        Step(
            "compliance",
            "compliance-officer",
            "approve_compliance",
            188,
            "no objection",
            "screening",
            "market_abuse_v2",
        ),
        Step(
            "execution",
            "execution-desk",
            "execute_trade",
            203,
            "12 000 NORD bought at 41.17",
            "risk compliance",
        ),
        Step("booking", "back-office", "book_trade", 240, "position 8812 booked", "execution"),
        Step(
            "notice", "client-service", "confirm_to_client", 246, "contract note 5530", "execution"
        ),
    ),
)

DOCUMENT_PIPELINE = Story(
    file="document-pipeline.json",
    tells="Five companies write, translate, check, set and print one manual.",
    domain="publisher.example",
    start="2026-01-14T10:00:00Z",
    draft="00",
    write=document,
    tasks=9,
    edges=11,
    verified=9,
    steps=(
        Step("brief", "editor", "commission_manual", 0, "manual for the HP-40 heat pump"),
        Step("text", "writer", "write_draft", 95, "draft of 48 pages", "brief"),
        Step(
            "figures",
            "artist@typesetters.example",
            "draw_figures",
            130,
            "22 line drawings",
            "brief",
        ),
        Step(
            "german",
            "german@translators.example",
            "translate_to_german",
            260,
            "Entwurf, 53 Seiten",
            "text",
        ),
        Step(
            "french",
            "french@translators.example",
            "translate_to_french",
            274,
            "brouillon, 55 pages",
            "text",
        ),
        Step(
            "safety",
            "product-law@counsel.example",
            "review_safety_notes",
            390,
            "two warnings added",
            "text",
        ),
        Step(
            "pages",
            "setter@typesetters.example",
            "set_pages",
            505,
            "three editions, 164 pages",
            "german french figures",
        ),
        Step("release", "editor", "release_manual", 640, "released as edition 1", "pages safety"),
        Step("print", "press@printers.example", "print_manual", 900, "2 000 copies", "release"),
    ),
)

WAREHOUSE_RESTOCK = Story(
    file="warehouse-restock.jsonl",
    tells="An order above the spending limit is rejected, undone, and placed again smaller.",
    domain="warehouse.example",
    start="2026-04-21T06:15:00Z",
    draft="early-00",
    write=starfly,
    tasks=8,
    edges=8,
    verified=8,
    steps=(
        Step("shelves", "shelf-camera", "count_shelves", 0, "312 filters left"),
        Step("sales", "till-reader", "read_sales", 6, "1 140 filters in four weeks"),
        Step(
            "forecast",
            "forecaster",
            "forecast_demand",
            31,
            "1 200 filters wanted by May",
            "shelves sales",
        ),
        Step("budget", "purchaser", "reserve_budget", 48, "9 600 EUR reserved", "forecast"),
        Step(
            "order",
            "purchaser",
            "place_order",
            60,
            "1 200 filters",
            "budget",
            "spending_v4",
            "rejected",
        ),
        Step(
            "undo",
            "treasurer",
            "release_budget",
            83,
            "9 600 EUR free again",
            "order",
            more={
                "compensation_required": True,
                "compensation_reason": "the order is above the spending limit",
            },
        ),
        Step(
            "order-2",
            "purchaser",
            "place_order",
            120,
            "600 filters",
            "forecast undo",
            "spending_v4",
        ),
        Step(
            "delivery",
            "supplier@filters.example",
            "confirm_delivery",
            301,
            "delivery on 28 April",
            "order-2",
        ),
    ),
)

# Those in which one thing went wrong.

FORGED_APPROVAL = Story(
    file="forged-approval.jsonl",
    tells="Somebody without the CFO's key signs the CFO's approval, and the money leaves.",
    domain="steelworks.example",
    start="2026-04-09T15:20:00Z",
    draft="00",
    write=chained,
    codes=("ECT201",),
    tasks=6,
    edges=6,
    verified=5,
    exit=1,
    steps=(
        Step("invoice", "mailroom", "register_invoice", 0, "invoice 88-1204, 940 000 EUR"),
        Step("match", "purchasing", "match_order", 35, "order found, amounts agree", "invoice"),
        Step("account", "fraud-watch", "check_account", 52, "account changed last week", "invoice"),
        Step(
            "approval",
            "cfo",
            "approve_payment",
            240,
            "approved, new account",
            "match account",
            fault="stranger",
        ),
        Step("payment", "treasury", "release_payment", 262, "940 000 EUR sent", "approval"),
        Step("booking", "bookkeeping", "book_payment", 290, "booked under 4400", "payment"),
    ),
)

MISSING_EVIDENCE = Story(
    file="missing-evidence.jsonl",
    tells="The assessment that a loan rests on was taken out, and the ledger was chained anew.",
    domain="credit.example",
    start="2026-05-06T09:12:00Z",
    draft="01",
    write=chained,
    codes=("ECT303",),
    tasks=6,
    edges=7,
    verified=6,
    exit=1,
    steps=(
        Step("application", "intake", "register_application", 0, "loan of 18 000 EUR, 48 months"),
        Step(
            "identity", "identity-check", "verify_identity", 22, "passport matches", "application"
        ),
        Step("income", "income-check", "read_payslips", 40, "2 310 EUR a month", "application"),
        Step(
            "burden",
            "affordability",
            "assess_burden",
            75,
            "rate too high for this income",
            "income",
            kept=False,
        ),
        Step("score", "scoring", "score_application", 98, "score 711", "identity burden"),
        Step("offer", "offers", "make_offer", 130, "offer at 5.9 percent", "score"),
        Step("contract", "contracts", "sign_contract", 415, "contract 60187", "offer burden"),
    ),
)

CIRCULAR_SIGN_OFF = Story(
    file="circular-sign-off.jsonl",
    tells="Three inspectors of a bridge each sign because another one has signed.",
    domain="bridgeworks.example",
    start="2026-03-03T16:00:00Z",
    draft="00",
    write=chained,
    codes=("ECT305",),
    tasks=6,
    edges=8,
    verified=6,
    exit=1,
    steps=(
        Step("drawing", "design", "issue_drawing", 0, "drawing B-12, revision D"),
        Step("loads", "statics", "compute_loads", 75, "within limits at 40 t", "drawing"),
        Step(
            "structure", "structure-lead", "sign_off_structure", 130, "structure fine", "loads site"
        ),
        Step("safety", "safety-lead", "sign_off_safety", 141, "safety fine", "structure"),
        Step("site", "site-lead", "sign_off_site", 153, "site fine", "safety"),
        Step(
            "release",
            "project-office",
            "release_to_build",
            220,
            "released",
            "structure safety site",
        ),
    ),
)

CLOCK_TROUBLE = Story(
    file="clock-trouble.jsonl",
    tells="A scanner whose clock is seven minutes slow scans a container before it was landed.",
    domain="harbour.example",
    start="2026-02-11T05:40:00Z",
    draft="01",
    write=chained,
    codes=("ECT401",),
    tasks=7,
    edges=8,
    verified=7,
    exit=1,
    steps=(
        Step("manifest", "shipping-line", "file_manifest", 0, "MSKX 220181-4, machine parts"),
        Step("landing", "crane", "land_container", 95, "landed at berth 7", "manifest"),
        Step("weight", "scales", "weigh_container", 130, "22 480 kg", "landing"),
        Step("scan", "scanner", "scan_container", 160, "no hollow spaces", "landing", clock=-420),
        Step("customs", "customs", "clear_container", 250, "cleared", "manifest weight scan"),
        Step("gate", "gate", "open_gate", 300, "lane 3", "customs"),
        Step("pick-up", "truck@hauliers.example", "pick_up_container", 345, "on the road", "gate"),
    ),
)

REPLAYED_PAYMENT = Story(
    file="replayed-payment.jsonl",
    tells="The token of one wage payment is recorded twice, so the wages seem to be paid twice.",
    domain="payroll.example",
    start="2026-05-29T11:00:00Z",
    draft="early-00",
    write=chained,
    codes=("ECT301",),
    tasks=6,
    edges=6,
    verified=7,
    exit=1,
    steps=(
        Step("hours", "time-clock", "collect_hours", 0, "May, 41 people, 6 560 hours"),
        Step("wages", "wages", "compute_wages", 48, "187 300 EUR", "hours", "wage_agreement_v11"),
        Step("taxes", "taxes", "compute_taxes", 71, "52 900 EUR", "wages"),
        Step(
            "approval",
            "hr-lead",
            "approve_run",
            190,
            "run 2026-05 approved",
            "wages taxes",
            "four_eyes_v1",
        ),
        Step("payment", "bank-link", "transfer_wages", 214, "41 transfers", "approval", again=309),
        Step("slips", "payslips", "send_payslips", 250, "41 payslips", "payment"),
    ),
)

TWO_TRUTHS = Story(
    file="two-truths.jsonl",
    tells="An inspector signs two verdicts on one batch: scrap it, and ship it.",
    domain="cells.example",
    start="2026-06-15T21:10:00Z",
    draft="00",
    write=chained,
    codes=("ECT302",),
    tasks=6,
    edges=6,
    verified=7,
    exit=1,
    steps=(
        Step("batch", "line-4", "close_batch", 0, "batch C-0932, 4 800 cells"),
        Step("charge", "charge-test", "test_charge", 90, "37 cells out of tolerance", "batch"),
        Step("welds", "x-ray", "inspect_welds", 104, "all welds closed", "batch"),
        Step("verdict", "inspector", "judge_batch", 180, "out of tolerance: scrap", "charge welds"),
        Step("verdict", "inspector", "judge_batch", 233, "within tolerance: ship", "charge welds"),
        Step("certificate", "quality", "certify_batch", 260, "certificate 7719", "verdict"),
        Step("shipment", "logistics", "ship_batch", 330, "on truck 2", "certificate"),
    ),
)

_BRANCHES = tuple(
    Step(
        f"branch-{n:03}",
        f"region-{n // 10 + 1:02}",
        "close_branch",
        20 + 2 * n,
        f"branch {n:03}: books balance",
        "opening",
    )
    for n in range(120)
)

WIDE_JOIN = Story(
    file="wide-join.jsonl",
    tells="A savings bank closes its month: the books of 120 branches are added up in one task.",
    domain="savings.example",
    start="2026-05-31T20:00:00Z",
    draft="00",
    write=chained,
    codes=("ECT502",),
    tasks=123,
    edges=241,
    verified=123,
    steps=(
        Step("opening", "closing-desk", "open_month_end", 0, "month-end of May 2026"),
        *_BRANCHES,
        Step(
            "sum",
            "consolidation",
            "add_up_branches",
            290,
            "total of 120 branches",
            " ".join(step.name for step in _BRANCHES),
        ),
        Step("closing", "controller", "close_month", 401, "May is closed", "sum"),
    ),
)

DAMAGED_ARCHIVE = Story(
    file="damaged-archive.jsonl",
    tells="The archive of a building permit, after years of exports: five records are damaged.",
    domain="council.example",
    start="2026-01-20T07:45:00Z",
    draft="00",
    write=loose,
    codes=("ECT001", "ECT003", "ECT004", "ECT005"),
    tasks=6,
    edges=6,
    verified=4,
    exit=1,
    steps=(
        Step("application", "counter", "register_application", 0, "garage, 6 by 4 metres"),
        Step("plan", "plan-reader", "read_plan", 30, "inside the building line", "application"),
        Step("neighbours", "notices", "notify_neighbours", 47, "three letters", "application"),
        Step("heritage", "heritage", "check_heritage", 80, "not listed", "plan", fault="padded"),
        Step("fire", "fire-safety", "check_fire_access", 92, "no width given", "plan", fault="nan"),
        Step("fee", "cashier", "waive_fee", 110, "waived, or paid?", "application", fault="twice"),
        Step("permit", "permits", "grant_permit", 385, "permit 2026/118", "plan neighbours"),
        Step("letter", "mailing", "send_permit", 402, "letter sent", "permit", fault="cut-off"),
        Step("appeal", "counter", "register_appeal", 430, "on paper", "permit", fault="on-paper"),
    ),
)

UNKNOWN_AGENTS = Story(
    file="unknown-agents.jsonl",
    tells="Next to a news story, three records that nobody known stands behind.",
    domain="newsroom.example",
    start="2026-04-27T17:30:00Z",
    draft="01",
    write=chained,
    strangers=("rewriter@wordmill.example",),
    codes=("ECT102", "ECT202", "ECT203"),
    tasks=9,
    edges=9,
    verified=6,
    exit=1,
    steps=(
        Step("tip", "desk", "receive_tip", 0, "a mayor, a quarry, a contract"),
        Step(
            "facts", "fact-checker", "check_facts", 63, "contract confirmed by two sources", "tip"
        ),
        Step("photos", "photo-desk", "verify_photos", 88, "taken on 25 April", "tip"),
        Step("story", "writer", "write_story", 170, "640 words", "facts photos"),
        Step("proof", "editor", "approve_story", 305, "approved, one word changed", "story"),
        Step("page", "web-desk", "publish_story", 330, "online at 17:35", "proof"),
        Step("rewrite", "rewriter@wordmill.example", "rewrite_story", 352, "420 words", "story"),
        Step(
            "headline",
            "headlines",
            "write_headline",
            371,
            "you will not believe",
            "rewrite",
            fault="alg-none",
        ),
        Step(
            "clicks", "counter", "count_clicks", 420, "90 000 clicks", "headline", fault="unsigned"
        ),
    ),
)

STORIES = (
    CLINICAL_REVIEW,
    TRADE_APPROVALS,
    DOCUMENT_PIPELINE,
    WAREHOUSE_RESTOCK,
    FORGED_APPROVAL,
    MISSING_EVIDENCE,
    CIRCULAR_SIGN_OFF,
    CLOCK_TROUBLE,
    REPLAYED_PAYMENT,
    TWO_TRUTHS,
    WIDE_JOIN,
    DAMAGED_ARCHIVE,
    UNKNOWN_AGENTS,
)
