"""Rebuild the ledgers of this folder, their keys and the README.

    python sample_ledgers/rebuild.py [TARGET_FOLDER]

To add a story, write its table in `stories.py`, put it into `STORIES` and run this script. All
files are the same to the last byte each time, but for those that a library packs (`PACKED`): there
the content is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import formats
from formats import COMPRESSIONS, chained, pretty
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
  `old-archive.revoked.keys.json`: the same after February 2026, when a key of 2022 turned out to
  have leaked. Then `lint` names all tasks that it signed, and counts those that build on them
  (ECT210).
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

## The same story in every format

`formats/` holds the six tokens of the clinical review, byte for byte, in everything that `ectgraph`
reads. `lint` says the same of each; of the last two, which have no signatures, it says
ECT203 below-minimum-level.

| file | how it holds the tokens |
|---|---|
{formats}
"""

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


def keys() -> bytes:
    """The public keys of all agents that keep their key, each bound to its agent."""
    issuers = {
        story.kid(step): story.issuer(step)
        for story in STORIES
        for step in story.steps
        if not story.rotates and "no-key" not in step.options
    }
    return pretty({"keys": [key | {"iss": issuers[key["kid"]]} for key in jwks(*issuers)["keys"]]})


def expected() -> bytes:
    """What the linter is to say of each ledger."""
    told = {story.file: _expected(story.tells, story.expect) for story in STORIES}
    told |= {each.path: _expected(each.about, each.expect) for each in samples()}
    return pretty(told)


def _expected(tells: str, expect: Expect) -> dict[str, Any]:
    members = asdict(expect)
    return {"story": tells} | {
        name: value for name, value in members.items() if value not in ({}, None)
    }


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
        stories="\n".join(stories), formats="\n".join(rows), policies=_with_policies()
    ).encode()


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
    files = {story.file: story.write(story) for story in STORIES}
    for sample in samples():
        files |= sample.files
    files |= {
        "keys.json": keys(),
        "old-archive.keys.json": pretty({"keys": OLD_ARCHIVE.rotated_keys()}),
        "old-archive.revoked.keys.json": pretty({"keys": OLD_ARCHIVE.rotated_keys(LEAKED)}),
        "expected.json": expected(),
        "README.md": readme(),
    }
    for name, data in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
    print(f"{len(files)} files in {target}")


if __name__ == "__main__":
    main()
