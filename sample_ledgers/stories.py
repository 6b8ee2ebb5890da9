"""The stories of the sample ledgers, as tables; `story.Step` explains a line.

What the linter is expected to say is stated by hand and never computed, so that `expected.json`
can catch the linter in a mistake.
"""

from __future__ import annotations

from datetime import UTC, datetime

from formats import bare, chained, document, loose, packed, starfly
from story import Expect, Story

# The stories. First those that went well.

CLINICAL_REVIEW = Story(
    file="clinical-review.jsonl",
    tells="A triage agent proposes a treatment; a physician reviews it before it is ordered.",
    domain="clinic.example",
    start="2026-02-24T08:30:00Z",
    draft="early-00",
    write=chained,
    expect=Expect(tasks=6, edges=7, verified=6),
    table="""
      0 referral: front-desk     register_referral = referral 4711: chest pain on exertion
        [pol=consent_v2]
     42 labs:     lab-reader     read_lab_values < referral = troponin normal, LDL 4.9 mmol/l
        [pol=lab_quality_v5]
     66 scan:     image-reader   read_coronary_scan < referral = one stenosis of 60 percent
        [pol=imaging_quality_v1]
    118 proposal: triage         propose_treatment < labs scan = statin, aspirin, stress test
        [pol=clinical_safety_v3 pending_human_review]
    412 review:   physician-desk review_proposal < proposal scan = agreed, at a lower statin dose
        [pol=clinical_safety_v3]
    455 order:    pharmacy       order_treatment < review = order 20931 [pol=dispensing_v9]
    """,
)

TRADE_APPROVALS = Story(
    file="trade-approvals.jws",
    tells="A trade is executed after risk and compliance have both approved it.",
    domain="brokerage.example",
    start="2026-03-17T13:05:00Z",
    draft="01",
    write=bare,
    expect=Expect(tasks=8, edges=8, verified=8),
    table="""
      0 request:    portfolio          propose_trade = buy 12 000 NORD at 41.20 or better
      9 limits:     risk-engine        check_limits < request = exposure after the trade: 71 percent
     14 screening:  screening          screen_instrument < request = not on the restricted list
    131 risk:       risk-officer       approve_risk < limits = approved up to 500 000 EUR
        [pol=trading_limits_v7]
    188 compliance: compliance-officer approve_compliance < screening = no objection
        [pol=market_abuse_v2]
    203 execution:  execution-desk     execute_trade < risk compliance = 12 000 NORD bought at 41.17
    240 booking:    back-office        book_trade < execution = position 8812 booked
    246 notice:     client-service     confirm_to_client < execution = contract note 5530
    """,
)

DOCUMENT_PIPELINE = Story(
    file="document-pipeline.json",
    tells="Five companies write, translate, check, set and print one manual.",
    domain="publisher.example",
    start="2026-01-14T10:00:00Z",
    draft="00",
    write=document,
    expect=Expect(tasks=9, edges=11, verified=9),
    table="""
      0 brief:   editor              commission_manual = manual for the HP-40 heat pump
     95 text:    writer              write_draft < brief = draft of 48 pages
    130 figures: artist@typesetters  draw_figures < brief = 22 line drawings
    260 german:  german@translators  translate_to_german < text = Entwurf, 53 Seiten
    274 french:  french@translators  translate_to_french < text = brouillon, 55 pages
    390 safety:  product-law@counsel review_safety_notes < text = two warnings added
    505 pages:   setter@typesetters  set_pages < german french figures = three editions, 164 pages
    640 release: editor              release_manual < pages safety = released as edition 1
    900 print:   press@printers      print_manual < release = 2 000 copies
    """,
)

WAREHOUSE_RESTOCK = Story(
    file="warehouse-restock.jsonl",
    tells="An order above the spending limit is rejected, undone, and placed again smaller.",
    domain="warehouse.example",
    start="2026-04-21T06:15:00Z",
    draft="early-00",
    write=starfly,
    expect=Expect(tasks=8, edges=8, verified=8),
    table="""
      0 shelves:  shelf-camera     count_shelves = 312 filters left
      6 sales:    till-reader      read_sales = 1 140 filters in four weeks
     31 forecast: forecaster       forecast_demand < shelves sales = 1 200 filters wanted by May
     48 budget:   purchaser        reserve_budget < forecast = 9 600 EUR reserved
     60 order:    purchaser        place_order < budget = 1 200 filters [pol=spending_v4 rejected]
     83 undo:     treasurer        release_budget < order = 9 600 EUR free again
        [compensates=the order is above the spending limit]
    120 order-2:  purchaser        place_order < forecast undo = 600 filters [pol=spending_v4]
    301 delivery: supplier@filters confirm_delivery < order-2 = delivery on 28 April
    """,
)

_OPENING = datetime(2019, 3, 20, 18, tzinfo=UTC)


def _quarters() -> str:
    """The table of the cooperative: a settlement each quarter, an audit each December."""
    lines, before = [], ""
    for number in range(27):
        year, quarter = 2019 + number // 4, number % 4 + 1
        at = int((datetime(year, 3 * quarter, 20, 18, tzinfo=UTC) - _OPENING).total_seconds())
        energy = 1180 + 37 * number + (0, 420, 390, -60)[quarter - 1]
        name = f"{year}-q{quarter}"
        lines.append(f"{at} readings-{name}: meter-desk read_meters = {energy} kWh fed in")
        lines.append(
            f"{at + 95} settlement-{name}: settlement-desk settle_quarter < readings-{name}{before}"
            f" = {energy} kWh at 11 cents [pol=statutes_v2]"
        )
        before = f" settlement-{name}"
        if quarter == 4:
            year_end = " ".join(f"settlement-{year}-q{each}" for each in (1, 2, 3, 4))
            lines.append(
                f"{at + 410} audit-{year}: auditor audit_year < {year_end} = {year} is in order"
                " [pol=statutes_v2]"
            )
    return "\n".join(lines)


OLD_ARCHIVE = Story(
    file="old-archive.jsonl.gz",
    tells="A solar cooperative settles each quarter for seven years, with new keys every year.",
    domain="solar.example",
    start=_OPENING.isoformat(),
    draft="early-00",
    write=packed,
    rotates=True,
    expect=Expect(
        tasks=60,
        edges=77,
        verified=60,
        keys="old-archive.keys.json",
        other_keys={"old-archive.revoked.keys.json": ("ECT210",)},
    ),
    table=_quarters(),
)

LEAKED = {"settlement-desk@solar.example 2022": int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())}
"""When keys of the cooperative were revoked, by what `story.key_name` calls them."""

# Those in which one thing went wrong.

FORGED_APPROVAL = Story(
    file="forged-approval.jsonl",
    tells="Somebody without the CFO's key signs the CFO's approval, and the money leaves.",
    domain="steelworks.example",
    start="2026-04-09T15:20:00Z",
    draft="00",
    write=chained,
    expect=Expect(
        tasks=6,
        edges=6,
        verified=5,
        codes=("ECT201", "ECT308"),
        exit=1,
        policy_codes=("ECT201", "ECT308", "ECT713"),
    ),
    table="""
      0 invoice:  mailroom    register_invoice = invoice 88-1204, 940 000 EUR
     35 match:    purchasing  match_order < invoice = order found, amounts agree
     52 account:  fraud-watch check_account < invoice = account changed last week
    240 approval: cfo         approve_payment < match account = approved, new account
        [fault=stranger]
    262 payment:  treasury    release_payment < approval = 940 000 EUR sent
    290 booking:  bookkeeping book_payment < payment = booked under 4400
    """,
)

MISSING_EVIDENCE = Story(
    file="missing-evidence.jsonl",
    tells="The assessment that a loan rests on was taken out, and the ledger was chained anew.",
    domain="credit.example",
    start="2026-05-06T09:12:00Z",
    draft="01",
    write=chained,
    expect=Expect(
        tasks=6,
        edges=7,
        verified=6,
        codes=("ECT303",),
        exit=1,
        policy_codes=("ECT303", "ECT713"),
    ),
    table="""
      0 application: intake         register_application = loan of 18 000 EUR, 48 months
     22 identity:    identity-check verify_identity < application = passport matches
     40 income:      income-check   read_payslips < application = 2 310 EUR a month
     75 burden:      affordability  assess_burden < income = rate too high for this income [pruned]
     98 score:       scoring        score_application < identity burden = score 711
    130 offer:       offers         make_offer < score = offer at 5.9 percent
    415 contract:    contracts      sign_contract < offer burden = contract 60187
    """,
)

CIRCULAR_SIGN_OFF = Story(
    file="circular-sign-off.jsonl",
    tells="Three inspectors of a bridge each sign because another one has signed.",
    domain="bridgeworks.example",
    start="2026-03-03T16:00:00Z",
    draft="00",
    write=chained,
    expect=Expect(
        tasks=6,
        edges=8,
        verified=6,
        codes=("ECT305", "ECT407"),
        exit=1,
        policy_codes=("ECT305", "ECT407", "ECT712"),
    ),
    table="""
      0 drawing:   design         issue_drawing = drawing B-12, revision D
     75 loads:     statics        compute_loads < drawing = within limits at 40 t
    130 structure: structure-lead sign_off_structure < loads site = structure fine
    141 safety:    safety-lead    sign_off_safety < structure = safety fine
    153 site:      site-lead      sign_off_site < safety = site fine
    220 release:   project-office release_to_build < structure safety site = released
    """,
)

CLOCK_TROUBLE = Story(
    file="clock-trouble.jsonl",
    tells="A scanner's clock is seven minutes slow, so its scan seems older than the landing.",
    domain="harbour.example",
    start="2026-02-11T05:40:00Z",
    draft="01",
    write=chained,
    expect=Expect(tasks=7, edges=8, verified=7, codes=("ECT401",), exit=1),
    table="""
      0 manifest: shipping-line  file_manifest = QXZU 220181-4, machine parts
     95 landing:  crane          land_container < manifest = landed at berth 7
    130 weight:   scales         weigh_container < landing = 22 480 kg
    160 scan:     scanner        scan_container < landing = no hollow spaces [clock=-420]
    250 customs:  customs        clear_container < manifest weight scan = cleared
    300 gate:     gate           open_gate < customs = lane 3
    345 pick-up:  truck@hauliers pick_up_container < gate = on the road
    """,
)

REPLAYED_PAYMENT = Story(
    file="replayed-payment.jsonl",
    tells="The token of one wage payment is recorded twice, so the wages seem to be paid twice.",
    domain="payroll.example",
    start="2026-05-29T11:00:00Z",
    draft="early-00",
    write=chained,
    expect=Expect(tasks=6, edges=6, verified=7, codes=("ECT301",), exit=1),
    table="""
      0 hours:    time-clock collect_hours = May, 41 people, 6 560 hours
     48 wages:    wages      compute_wages < hours = 187 300 EUR [pol=wage_agreement_v11]
     71 taxes:    taxes      compute_taxes < wages = 52 900 EUR
    190 approval: hr-lead    approve_run < wages taxes = run 2026-05 approved [pol=four_eyes_v1]
    214 payment:  bank-link  transfer_wages < approval = 41 transfers [again=309]
    250 slips:    payslips   send_payslips < payment = 41 payslips
    """,
)

TWO_TRUTHS = Story(
    file="two-truths.jsonl",
    tells="An inspector signs two verdicts on one batch: scrap it, and ship it.",
    domain="cells.example",
    start="2026-06-15T21:10:00Z",
    draft="00",
    write=chained,
    expect=Expect(tasks=6, edges=6, verified=7, codes=("ECT302",), exit=1),
    table="""
      0 batch:       line-4      close_batch = batch C-0932, 4 800 cells
     90 charge:      charge-test test_charge < batch = 37 cells out of tolerance
    104 welds:       x-ray       inspect_welds < batch = all welds closed
    180 verdict:     inspector   judge_batch < charge welds = out of tolerance: scrap
    233 verdict:     inspector   judge_batch < charge welds = within tolerance: ship
    260 certificate: quality     certify_batch < verdict = certificate 7719
    330 shipment:    logistics   ship_batch < certificate = on truck 2
    """,
)

BRANCHES = [f"branch-{number:03}" for number in range(120)]
_CLOSINGS = "\n".join(
    f"{20 + 2 * n} {branch}: region-{n // 10 + 1:02} close_branch < opening = {branch} balances"
    for n, branch in enumerate(BRANCHES)
)

WIDE_JOIN = Story(
    file="wide-join.jsonl",
    tells="A savings bank closes its month: the books of 120 branches are added up in one task.",
    domain="savings.example",
    start="2026-05-31T20:00:00Z",
    draft="00",
    write=chained,
    expect=Expect(tasks=123, edges=241, verified=123, codes=("ECT502",), policy_codes=()),
    table=f"""
      0 opening: closing-desk  open_month_end = month-end of May 2026
    {_CLOSINGS}
    290 sum:     consolidation add_up_branches < {" ".join(BRANCHES)} = total of 120 branches
    401 closing: controller    close_month < sum = May is closed
    """,
)

DAMAGED_ARCHIVE = Story(
    file="damaged-archive.jsonl",
    tells="The archive of a building permit, after years of exports: five records are damaged.",
    domain="council.example",
    start="2026-01-20T07:45:00Z",
    draft="00",
    write=loose,
    expect=Expect(
        tasks=6,
        edges=6,
        verified=4,
        codes=("ECT001", "ECT003", "ECT004", "ECT005"),
        exit=1,
        policy_codes=("ECT001", "ECT003", "ECT004", "ECT005", "ECT711"),
    ),
    table="""
      0 application: counter     register_application = garage, 6 by 4 metres
     30 plan:        plan-reader read_plan < application = inside the building line
     47 neighbours:  notices     notify_neighbours < application = three letters
     80 heritage:    heritage    check_heritage < plan = not listed [fault=padded]
     92 fire:        fire-safety check_fire_access < plan = no width given [fault=nan]
    110 fee:         cashier     waive_fee < application = waived, or paid? [fault=twice]
    385 permit:      permits     grant_permit < plan neighbours = permit 2026/118
    402 letter:      mailing     send_permit < permit = letter sent [fault=cut-off]
    430 appeal:      counter     register_appeal < permit = on paper [fault=on-paper]
    """,
)

UNKNOWN_AGENTS = Story(
    file="unknown-agents.jsonl",
    tells="Next to a news story, three records that nobody known stands behind.",
    domain="newsroom.example",
    start="2026-04-27T17:30:00Z",
    draft="01",
    write=chained,
    expect=Expect(
        tasks=9,
        edges=9,
        verified=6,
        codes=("ECT102", "ECT202", "ECT203"),
        exit=1,
        policy_codes=("ECT102", "ECT202", "ECT203", "ECT711"),
    ),
    table="""
      0 tip:      desk              receive_tip = a mayor, a quarry, a contract
     63 facts:    fact-checker      check_facts < tip = contract confirmed by two sources
     88 photos:   photo-desk        verify_photos < tip = taken on 25 April
    170 story:    writer            write_story < facts photos = 640 words
    305 proof:    editor            approve_story < story = approved, one word changed
    330 page:     web-desk          publish_story < proof = online at 17:35
    352 rewrite:  rewriter@wordmill rewrite_story < story = 420 words [no-key]
    371 headline: headlines         write_headline < rewrite = you will not believe [fault=alg-none]
    420 clicks:   counter           count_clicks < headline = 90 000 clicks [fault=unsigned]
    """,
)

STORIES = (
    CLINICAL_REVIEW,
    TRADE_APPROVALS,
    DOCUMENT_PIPELINE,
    WAREHOUSE_RESTOCK,
    OLD_ARCHIVE,
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
