"""Rebuild the ledgers of this folder, their keys and the README.

    python sample_ledgers/rebuild.py [TARGET_FOLDER]

To add a story, write its table in `stories.py`, put it into `STORIES` and run this script; the two
copies of one ledger are in `copies.py`, the workflow that was really run is in `recorded.py`, many
of one kind are in `routine.py`. All files are the same to the last byte each time, but for those
that a library packs (`PACKED`): there the content is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import formats
from copies import ALIKE, CITY, CONTRACTOR, COPIES, DIFFERENCES
from formats import COMPRESSIONS, chained, pretty
from recorded import MONTAGE
from routine import EXPECTED, INVOICES
from stories import CLINICAL_REVIEW, LEAKED, OLD_ARCHIVE, STORIES
from story import Expect, Story

from ectgraph.rules import RULES
from ectgraph.testing import jwks

README = """\
# Sample ledgers

Small ledgers of invented companies, to try `ectgraph` on. The first five are clean; in each of
the others something went wrong. What happened is told here as the story has it; a ledger itself
shows only who signed what. All names and data are made up, and the private keys behind them are
public knowledge: they vouch for nothing.

| ledger | dialect | form | what happened | what `lint` says |
|---|---|---|---|---|
{stories}

The forms: *chained* is `ectgraph-ledger/1`, JSON Lines with a hash chain; *packed* is the same,
compressed; *bare* is one token a line, with comments; *document* is one JSON document with an array
of entries; *starfly* is JSON Lines as Starfly writes them; *loose* is JSON Lines of strings and
small objects, without a chain.

To lint and draw one, from the root of the repository:

```console
$ ectgraph lint sample_ledgers/forged-approval.jsonl --keys sample_ledgers/keys.json
$ ectgraph draw sample_ledgers/forged-approval.jsonl --keys sample_ledgers/keys.json -o forged.svg
```

`lint` exits with 0 when it finds nothing worse than a warning, and with 1 otherwise.

* `keys.json`: the public keys of all agents, but for one whom nobody knows, as a JWK Set. An
  agent's key is named after it, and its member `iss` binds the key to the agent.
* `old-archive.keys.json`: the keys of the solar cooperative. Each agent has a new one every year,
  under its old name; `nbf` and `exp` say which year. Every token of that archive expired years ago,
  which is no finding; with `--at now` it is one for each (ECT408).
  `old-archive.revoked.keys.json`: the same after February 2026, when a key turned out to have
  leaked, see below.
* `expected.json`: what `lint` is to say of each ledger: codes, counts and exit code. The stories
  state it by hand, so the tests have something to compare `lint` with.
* `policies/`: the rules of each workflow, see below.
* `rebuild.py`: makes the ledgers, the keys and this page, the same each time: `make samples`. The
  stories are tables in `stories.py`: to change one or to add one, edit them there and run it again.

## A policy for each story

`policies/` holds for each story, by the name of its ledger, the policy file of its workflow: who
may do what, what may follow what, and what a step needs (`docs/policy.md`). They are written by
hand.

```console
$ ectgraph lint sample_ledgers/missing-evidence.jsonl --keys sample_ledgers/keys.json \\
    --policy sample_ledgers/policies/missing-evidence.toml
```

With its policy `lint` says the same of a ledger as without, but of these:

| ledger | what the policy changes |
|---|---|
{policies}

## A key that leaked

In February 2026 the solar cooperative learns that the key with which its settlement desk signed in
2022 has leaked: whoever had it could sign a settlement of that year, and no signature tells. With
`old-archive.revoked.keys.json` `lint` names what the key signed, and counts what builds on that
(ECT210). What the leak reaches, and what not:

* the key signed 4 tasks: the settlements of 2022, the first of them in March;
* 14 more build on these, because each settlement carries on the one before: the 11 settlements
  since, and the audits of 2022, 2023 and 2024;
* 42 do not: all 27 readings, which the meter desk signed with keys of its own, and the settlements
  and audits of 2019, 2020 and 2021. From the readings every settlement can be made again;
* had the key been revoked in July 2022, the settlements of September and December would not have
  verified (ECT206); those of March and June would have, and be named (ECT210).

## Two copies of one ledger

`copies/` holds the ledger of a tender as the city keeps it and as the contractor keeps it. In each
alone `lint` finds nothing: {alone}. But its operator showed each another truth.

| what differs | task | in `city.jsonl` | in `contractor.jsonl` |
|---|---|---|---|
{differences}

The first {alike} entries are the same to the last byte. The award is signed twice by one agent:
with a penalty for delay in the city's copy, without in the contractor's, so its `out_hash` is
another. The contract is signed twice as well and says the same in both, as when an agent tries
again: ES256 makes another signature each time. Only the contractor has the extra.
`copies/keys.json` has the keys, and `copies/differences.json` has this table for programs.

## A recorded workflow

`recorded/montage.jsonl.gz` is no invention: {montage} It ran in March 2021 under Pegasus, on a
machine called `mem`, and the WfCommons project recorded it (WfInstances,
`pegasus/montage/montage-chameleon-2mass-01d-001.json`). `recorded/montage.tsv` has what is used of
the recording: the tasks, what each builds on, and how long each ran (`exec_time_ms`). When each
began was not recorded: here it begins when the last that it builds on is done. Nor were there
tokens: ours are signed with a key of our own (`recorded/montage.keys.json`), and hold hashes of
names, not of files. `lint` finds nothing: {recorded}. Its widest join has 15 parents, which is not
yet wide (ECT502).

## Many workflows of one kind

`routine/invoices.jsonl.gz` is for questions that ask what is usual: {invoices} Each invoice is a
workflow: it is registered, checked, approved, paid, confirmed and booked. `lint` finds nothing:
{routine}. Nothing is wrong with a token, and without a policy nobody says which steps there should
be. What `ectgraph analyze` brings up:

* `shapes`: 27 of 30 workflows are alike; two have one task more, and one has one less;
* `conformance`, `rare`: invoice 20 was paid after its check, without any approval. Invoices 6 and
  12 were approved twice, as large sums are, which is no fault;
* `hours`: the treasury paid four invoices, 23 to 26, between 02:00 and 02:04 in one night;
* `bursts`: that week, until 25 February 2026, has 24 tasks, and most weeks have 6;
* `gaps`: nothing happened from 17 December to 12 January, when the dairy was closed;
* `silent`: all bookings name a supervisor in `aud`, who never did anything.

`routine/keys.json` has the keys, and `routine/expected.json` has this list for programs.

## The same story in every format

`formats/` holds the six tokens of the clinical review, byte for byte, in everything that `ectgraph`
reads. `lint` says the same of each; of the last two, which have no signatures, it says
ECT203 below-minimum-level.

| file | how it holds the tokens |
|---|---|
{formats}
"""

LEDGERS = (*STORIES, *COPIES, MONTAGE, INVOICES)
"""All that have a table."""
PACKED = ("sqlite", "parquet", *COMPRESSIONS)
"""Suffixes of files whose bytes depend on the version of a library."""


class Sample(NamedTuple):
    """The clinical review in one format."""

    path: str
    """What is to be linted."""
    about: str
    files: dict[str, bytes]
    expect: Expect = CLINICAL_REVIEW.expect


def samples() -> list[Sample]:
    """All of `formats/`."""
    signed = {
        "jws": formats.bare,
        "strings.jsonl": formats.strings,
        "reference.jsonl": formats.reference,
        "starfly.jsonl": formats.starfly,
        "document.json": formats.document,
        "flattened.json": formats.flattened,
        "general.json": formats.general,
        "har": formats.capture,
        "sqlite": formats.sqlite_file,
        "parquet": formats.parquet_file,
    }
    unsigned = {"l1.jsonl": formats.unsigned_objects, "l1.txt": formats.unsigned_text}
    found = [_sample(suffix, write) for suffix, write in signed.items()]
    for suffix, pack in COMPRESSIONS.items():
        path = _path(f"jsonl.{suffix}")
        about = "As the chained ledger, compressed."
        found.append(Sample(path, about, {path: pack(chained(CLINICAL_REVIEW))}))
    found.append(_fragments())
    expect = replace(CLINICAL_REVIEW.expect, codes=("ECT203",), verified=0, exit=1)
    found += [_sample(suffix, write)._replace(expect=expect) for suffix, write in unsigned.items()]
    return found


def _path(suffix: str) -> str:
    return f"formats/clinical-review.{suffix}"


def _sample(suffix: str, write: Callable[[Story], bytes]) -> Sample:
    about, *_ = (write.__doc__ or "").splitlines()
    return Sample(_path(suffix), about, {_path(suffix): write(CLINICAL_REVIEW)})


def _fragments() -> Sample:
    """A folder with a ledger in three files, and with a page that is none."""
    folder = "formats/fragments"
    lines = chained(CLINICAL_REVIEW).splitlines(keepends=True)
    files = {
        f"{folder}/ledger.{number}.jsonl": b"".join(lines[2 * number - 2 : 2 * number])
        for number in (1, 2, 3)
    }
    files[f"{folder}/README.txt"] = _FRAGMENTS.encode()
    return Sample(folder, "A folder: the chained ledger, cut into three files.", files)


_FRAGMENTS = """\
The ledger of the clinic as the rotation of logs left it: three files that are one chain. This page
is no ledger; who lints the folder is told that it was not read.
"""


def keys(file: str) -> bytes:
    """The public keys of the agents who are to be in a file, each bound to its agent."""
    issuers = {
        story.kid(step): story.issuer(step)
        for story in LEDGERS
        for step in story.steps
        if story.expect.keys == file and "no-key" not in step.options
    }
    return pretty({"keys": [key | {"iss": issuers[key["kid"]]} for key in jwks(*issuers)["keys"]]})


def expected() -> bytes:
    """What the linter is to say of each ledger."""
    told = {story.file: _expected(story.tells, story.expect) for story in LEDGERS}
    told |= {each.path: _expected(each.about, each.expect) for each in samples()}
    return pretty(told)


def _expected(tells: str, expect: Expect) -> dict[str, Any]:
    members = asdict(expect)
    return {"story": tells} | {
        name: value for name, value in members.items() if value not in ({}, None)
    }


def differences() -> bytes:
    """In what the second copy of the ledger is not the first."""
    told = [
        {"kind": each.kind, "task": each.task, "jti": CITY.jti(each.task)}
        | {"here": each.here, "there": each.there}
        for each in DIFFERENCES
    ]
    files = {"here": CITY.file, "there": CONTRACTOR.file, "keys": CITY.expect.keys}
    return pretty(files | {"alike": ALIKE, "differences": told})


def readme() -> bytes:
    """The tables of the stories and of the formats, and how to use them."""
    stories = []
    for story in STORIES:
        codes = [f"{code} {RULES[code].name}" for code in story.expect.codes]
        says = ", ".join(codes) or f"no findings: {story.expect.tasks} tasks, all verified"
        link, form = f"[{story.file}]({story.file})", story.write.__name__
        stories.append(f"| {link} | {story.draft} | {form} | {story.tells} | {says} |")
    rows = [f"| [{each.path}]({each.path}) | {each.about} |" for each in samples()]
    return README.format(
        stories="\n".join(stories),
        formats="\n".join(rows),
        policies=_with_policies(),
        alone=f"{CITY.expect.tasks} and {CONTRACTOR.expect.tasks} tasks, all verified",
        alike=ALIKE,
        differences="\n".join(_different()),
        montage=MONTAGE.tells,
        recorded=f"{MONTAGE.expect.tasks} tasks, all verified",
        invoices=INVOICES.tells,
        routine=f"{INVOICES.expect.tasks} tasks, all verified",
    ).encode()


def _different() -> Iterator[str]:
    """A row for each difference between the copies."""
    for kind, task, here, there in DIFFERENCES:
        places = (f"entry {place}" if place else "not there" for place in (here, there))
        yield f"| {kind} | {task} | {' | '.join(places)} |"


def _with_policies() -> str:
    """What `lint` says otherwise of some stories when it has their policies."""
    rows = []
    for story in STORIES:
        codes, said = set(story.expect.codes), story.expect.policy_codes
        if said is not None:
            more = [f"{code} {RULES[code].name} as well" for code in said if code not in codes]
            less = [f"no {code} {RULES[code].name}" for code in sorted(codes - set(said))]
            rows.append(f"| {story.file} | {', '.join(more + less)} |")
    return "\n".join(rows)


def main() -> None:
    """Write all files."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    files = {story.file: story.write(story) for story in LEDGERS}
    others = (story.expect.keys for story in (CITY, MONTAGE, INVOICES))
    for sample in samples():
        files |= sample.files
    files |= {
        **{name: keys(name) for name in ("keys.json", *others)},
        "old-archive.keys.json": pretty({"keys": OLD_ARCHIVE.rotated_keys()}),
        "old-archive.revoked.keys.json": pretty({"keys": OLD_ARCHIVE.rotated_keys(LEAKED)}),
        "copies/differences.json": differences(),
        "routine/expected.json": pretty(EXPECTED),
        "expected.json": expected(),
        "README.md": readme(),
    }
    for name, data in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
    print(f"{len(files)} files in {target}")


if __name__ == "__main__":
    main()
