"""The gate takes a token if and only if the linter has nothing against the ledger with it in.

Made up workflows are sent to a gate token by token, and what it says is compared with what the
archive linter says of the tokens taken so far and the new one, under the gate's own policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ectgraph.agent.dag import DAGConfig, lineage
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.parse import Verified
from ectgraph.agent.verdict import step
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.encoding import encode_base64url
from ectgraph.errors import VerificationError
from ectgraph.keys import KeyRing
from ectgraph.linter import lint
from ectgraph.loader import load_bytes
from ectgraph.model import Entry, Finding, Hit, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.rules import judge
from ectgraph.testing import EPOCH, FAULTS, jwks, sketch

NAMES = "abcdefg"
ALL_ONE_TASK = {"ECT301", "ECT302"}
"""Codes that the linter tells of all records of a task, and the gate of the new one."""
OF_THE_PARENT = {"ECT303"}
"""Codes that the linter tells of the missing task, and the gate of the one that names it."""
OF_ITS_HEAD = {"ECT002"}
"""Codes that the linter tells of the beginning of a record, because it kept no more."""


@dataclass(frozen=True)
class Sent:
    """A token that comes to the gate, and how long after its `iat`."""

    text: str
    """As `sketch` writes it."""
    clock: float
    """The gate's clock when it comes, in seconds after `EPOCH`."""

    @property
    def compact(self) -> bytes:
        """The token; an unsigned one as a gate would get it."""
        (record,) = sketch(self.text).records
        return encode_base64url(record) if record.startswith(b"{") else record


class Walked:
    """A store that answers one question only, so that a gate has to walk."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        return self._ledger.get(jti, wid)


FAULTY = (*sorted(FAULTS), "no-jti", "no-iat", "no-exp", "no-iss", "no-aud", "no-exec_act")
ODD = (
    *(f"!{fault}" for fault in FAULTY),
    *("life=60", "life=901", "life=0", "typ=JWT", "alg=none", "kid=", "kid=x", "jti=odd"),
    *("pol=p", "pol_decision=yes", "inp_hash=abc", "sub=other", "aud=other"),
    "iss=spiffe://example.com/agent/other",
)
"""What can be wrong with one token, as an option of a sketch."""
LATE = (-31, -30, 30, 89, 91, 600, 630, 631, 900, 900.5, 931)
"""Seconds after its `iat` at which a token comes, where it does not come at once."""
WIDS = ("wid=", "wid=one", "wid=two")
MORE = (
    *(f"pol=p pol_decision={said}" for said in ("approved", "rejected", "pending_human_review")),
    *('ext={"compensation_required":true}', "draft=01", "!unsigned"),
)
"""What a good token may say as well."""


@st.composite
def tokens(draw: st.DrawFn, names: list[str], *, fixed_wids: bool) -> Sent:
    """One token of a task, which builds on some of those before it; one in two has its trouble."""
    new = NAMES[len(names) % len(NAMES)]
    name, parents = new, draw(st.lists(st.sampled_from(names), max_size=3)) if names else []
    skew, late, options = 0.0, 0.0, [f"by={draw(st.sampled_from(['agent-a', 'agent-b']))}"]
    wid = WIDS[ord(name) % 3] if fixed_wids else WIDS[1]
    match draw(st.integers(0, 15)):
        case 0:
            options.append(draw(st.sampled_from(ODD)))
        case 1:
            late = draw(st.sampled_from(LATE))
        case 2:
            name = draw(st.sampled_from(names or NAMES))
        case 3:
            parents.append(draw(st.sampled_from([name, "nowhere", NAMES[-1], *names])))
        case 4:
            skew = draw(st.sampled_from([0.5, 31, -29, -31, -40, -200]))
        case 5 if not fixed_wids:
            wid = draw(st.sampled_from(WIDS))
        case 6 | 7 | 8 | 9:
            options.append(draw(st.sampled_from(MORE)))
    wid = WIDS[ord(name) % 3] if fixed_wids else wid
    below = f"<{','.join(parents)}" if parents else ""
    at = len(names) + skew
    return Sent(f"{name}@{at:g}{below} act={new} {wid} {' '.join(options)}", at + late)


@st.composite
def workflows(draw: st.DrawFn, *, fixed_wids: bool) -> list[Sent]:
    """Tokens in the order in which they come; some come again, and some of those later."""
    sent: list[Sent] = []
    names: list[str] = []
    for _ in range(draw(st.integers(1, 12))):
        if sent and draw(st.integers(0, 9)) == 9:
            again = draw(st.sampled_from(sent))
            sent.append(Sent(again.text, again.clock + draw(st.sampled_from([0, 20, 700]))))
        else:
            sent.append(draw(tokens(names, fixed_wids=fixed_wids)))
            names.append(sent[-1].text[0])
    return sent


@st.composite
def rings(draw: st.DrawFn) -> KeyRing:
    """The agents' keys, at times bound to them or revoked."""
    keys = jwks("agent-a", "agent-b")
    bound, revoked = draw(st.sampled_from([(), ("agent-a",)])), draw(st.integers(0, 5))
    for key in keys["keys"]:
        if key["kid"] in bound:
            key["iss"] = f"spiffe://example.com/agent/{key['kid']}"
        elif revoked == 5:
            key["revoked_at"] = EPOCH + 4
    return KeyRing.from_jwks(keys)


@st.composite
def gates(draw: st.DrawFn, *, cross_workflow: bool) -> VerifyOptions:
    """A gate with an empty ledger; its clock is set for every token."""
    lineages = (
        *({}, {}, {"clock_skew": 0}, {"max_parents": 1}, {"max_depth": 1}, {"max_depth": 2}),
        *({"max_ancestors": limit} for limit in range(4)),
        *({"compensation_by_flag": False}, {"review_by_decision": False}),
    )
    others = (
        *({}, {}, {}, {"minimum_level": "L1"}, {"minimum_level": "L1"}, {"validate_uuids": True}),
        *({"iat_max_age": 60}, {"verifier_id": "spiffe://example.com/ledger"}),
    )
    return VerifyOptions(
        keys=draw(rings()),
        store=MemoryLedger(),
        dag=DAGConfig(cross_workflow=cross_workflow, **draw(st.sampled_from(lineages))),
        **draw(st.sampled_from(others)),
    )


def errors(records: list[bytes], ring: KeyRing, policy: Policy) -> list[Finding]:
    """All errors that the linter finds in these records, as one ledger."""
    data = b"".join(record + b"\n" for record in records)
    report = lint(Evidence(load_bytes(data, ring, policy, judge=judge), ring, policy))
    assert report.summary.records == len(records)
    return report.at_least(Severity.ERROR)


def at_step(finding: Finding) -> int:
    """The gate's step at which a finding of the linter would come up."""
    witness = "exp" if "exp" in finding.evidence else "iat"
    return step(finding.code, Hit("", witness=witness))


def told(hits: list[tuple[str, Hit]]) -> list[tuple[str, str, str]]:
    return [(code, hit.message, hit.witness) for code, hit in hits]


def assert_one_verdict(options: VerifyOptions, sent: list[Sent]) -> list[str | None]:
    """Check that gate and linter agree on every token; give the gate's codes."""
    ledger, ring = options.store, options.keys
    taken: list[bytes] = []
    verdicts: list[str | None] = []
    for one in sent:
        now, compact = EPOCH + one.clock, one.compact
        options.clock = lambda now=now: now
        policy = replace(options.gate._policy, at=now)
        examined = Verified(compact, options.gate._examiner.examine_token(compact, now))
        if examined.facts.token is not None and examined.facts.token.jti is not None:
            settled, walked = (lineage(examined, s, policy) for s in (ledger, Walked(ledger)))
            assert told(settled) == told(walked), one
        found = errors([*taken, compact], ring, policy)
        new = [f for f in found if any(place.index == len(taken) for place in f.places)]
        try:
            verified = verify(compact, options)
        except VerificationError as error:
            finding = error.finding
            same = [f for f in new if f.code == finding.code]
            assert same, (one, finding, new)
            assert at_step(finding) == min(map(at_step, new)), (one, finding, new)
            assert finding.severity is same[0].severity
            if finding.code not in ALL_ONE_TASK | OF_THE_PARENT | OF_ITS_HEAD:
                assert finding.fingerprint in {f.fingerprint for f in same}
                assert finding.message in {f.message for f in same}
            verdicts.append(finding.code)
        else:
            assert new == [], one
            ledger.append(compact, verified.payload)
            taken.append(compact)
            verdicts.append(None)
    if taken:
        assert errors(taken, ring, replace(options.gate._policy, at=None)) == []
    assert [entry.record.body for entry in ledger] == taken
    return verdicts


@settings(max_examples=250)
@given(options=gates(cross_workflow=False), sent=workflows(fixed_wids=False))
def test_the_gate_takes_what_the_linter_has_nothing_against(options, sent):
    assert len(assert_one_verdict(options, sent)) == len(sent)


@settings(max_examples=150)
@given(options=gates(cross_workflow=True), sent=workflows(fixed_wids=True))
def test_nor_do_they_differ_where_tasks_may_build_on_other_workflows(options, sent):
    assert len(assert_one_verdict(options, sent)) == len(sent)
