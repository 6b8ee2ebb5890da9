"""Time the stages of one lint, in one process: `python stages.py LEDGER KEYS [WORKERS]` -> JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ectgraph import linter, loader
from ectgraph.encoding import decode_base64url
from ectgraph.keys import KeyRing
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.rules import judge
from ectgraph.testing import private_key


def bare(ledger: str, count: int = 2000) -> float:
    """Seconds that `cryptography` alone needs for one signature, on one core."""
    jobs = []
    with Path(ledger).open("rb") as file:
        for line in file:
            signing_input, _, text = json.loads(line)["ect"].encode().rpartition(b".")
            kid = json.loads(decode_base64url(signing_input.partition(b".")[0]))["kid"]
            mark = decode_base64url(text)
            der = encode_dss_signature(int.from_bytes(mark[:32]), int.from_bytes(mark[32:]))
            jobs.append((private_key(kid).public_key(), der, signing_input))
            if len(jobs) == count:
                break
    start = time.perf_counter()
    for key, der, signing_input in jobs:
        key.verify(der, signing_input, ec.ECDSA(SHA256()))
    return (time.perf_counter() - start) / len(jobs)


def main(ledger: str, keys: str, workers: int | None) -> dict[str, float]:
    """Seconds by stage."""
    ring, policy = KeyRing.load(keys), Policy()
    marks = {"start": time.perf_counter()}
    loader.load(ledger, None, policy, judge=judge, workers=1)
    marks["load without keys, 1 process"] = time.perf_counter()
    loaded = loader.load(ledger, ring, policy, judge=judge, workers=workers)
    marks["load and verify"] = time.perf_counter()
    evidence = Evidence(loaded, ring, policy)
    len(evidence.graph)
    marks["build the graph"] = time.perf_counter()
    linter.lint(evidence)
    marks["run the rules"] = time.perf_counter()
    times = list(marks.values())
    stages = {
        name: after - before for name, before, after in zip(marks, times, times[1:], strict=False)
    }
    names = list(marks)[1:]
    return dict(zip(names, stages.values(), strict=True)) | {"one bare signature": bare(ledger)}


if __name__ == "__main__":
    count = int(sys.argv[3]) if len(sys.argv) > 3 else None
    print(json.dumps(main(sys.argv[1], sys.argv[2], count)))
