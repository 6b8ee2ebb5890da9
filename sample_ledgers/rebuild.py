"""Rebuild the ledgers of this folder, their keys and the README, byte for byte.

    python sample_ledgers/rebuild.py [TARGET_FOLDER]

To add a story, write its table in `stories.py`, put it into `STORIES` and run this script.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from stories import STORIES
from story import pretty

from ectgraph.rules import RULES
from ectgraph.testing import jwks

README = """\
# Sample ledgers

Small ledgers of invented companies, to try `ectgraph` on. The first four are clean; in each of
the others something went wrong. What happened is told here as the story has it; a ledger itself
shows only who signed what. All names and data are made up, and the private keys behind them are
public knowledge: they vouch for nothing.

| ledger | dialect | form | what happened | what `lint` says |
|---|---|---|---|---|
{rows}

The forms: *chained* is `ectgraph-ledger/1`, JSON Lines with a hash chain; *bare* is one token a
line, with comments; *document* is one JSON document with an array of entries; *starfly* is JSON
Lines as Starfly writes them; *loose* is JSON Lines of strings and small objects, without a chain.

To lint and draw one, from the root of the repository:

```console
$ ectgraph lint sample_ledgers/forged-approval.jsonl --keys sample_ledgers/keys.json
$ ectgraph draw sample_ledgers/forged-approval.jsonl --keys sample_ledgers/keys.json -o forged.svg
```

`lint` exits with 0 when it finds nothing worse than a warning, and with 1 otherwise.

* `keys.json`: the public keys of all agents, but for one whom nobody knows, as a JWK Set. An
  agent's key is named after it, and its member `iss` binds the key to the agent.
* `expected.json`: what `lint` is to say of each ledger: codes, counts and exit code. The stories
  state it by hand, so the tests have something to compare `lint` with.
* `rebuild.py`: makes the ledgers, the keys and this page, the same to the last byte each time:
  `make samples`. The stories are tables in `stories.py`: to change one or to add one, edit them
  there and run it again.
"""


def keys() -> bytes:
    """The public keys of all agents, each bound to its agent."""
    issuers = {
        story.kid(step): story.issuer(step)
        for story in STORIES
        for step in story.steps
        if "no-key" not in step.options
    }
    return pretty({"keys": [key | {"iss": issuers[key["kid"]]} for key in jwks(*issuers)["keys"]]})


def expected() -> bytes:
    """What the linter is to say of each ledger."""
    return pretty({story.file: {"story": story.tells} | asdict(story.expect) for story in STORIES})


def readme() -> bytes:
    """The table of the stories, and how to use them."""
    rows = []
    for story in STORIES:
        codes = [f"{code} {RULES[code].name}" for code in story.expect.codes]
        says = ", ".join(codes) or f"no findings: {story.expect.tasks} tasks, all verified"
        link, form = f"[{story.file}]({story.file})", story.write.__name__
        rows.append(f"| {link} | {story.draft} | {form} | {story.tells} | {says} |")
    return README.format(rows="\n".join(rows)).encode()


def main() -> None:
    """Write all files."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    target.mkdir(parents=True, exist_ok=True)
    files = {story.file: story.write(story) for story in STORIES}
    files |= {"keys.json": keys(), "expected.json": expected(), "README.md": readme()}
    for name, data in files.items():
        (target / name).write_bytes(data)
    print(f"{len(files)} files in {target}")


if __name__ == "__main__":
    main()
