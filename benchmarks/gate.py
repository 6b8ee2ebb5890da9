"""Measure the agents' side: `python benchmarks/gate.py [TOKENS]`.

`verify` stands beside the bare verification of the same signatures by `cryptography`, on one core;
appends to a file beside the bare writing and syncing of lines of the same length. Ratios count.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ectgraph import (
    CreateOptions,
    FileLedger,
    KeyRing,
    MemoryLedger,
    Payload,
    Verified,
    VerifyOptions,
    create,
    verify,
)
from ectgraph.encoding import decode_base64url
from ectgraph.testing import AGENTS, EPOCH, jwks, private_key, task_id

REPEATS = 7
APPENDS = 400
THREADS = 16


def tokens(count: int) -> list[str]:
    """A root, and tokens that build on it."""
    options, key = CreateOptions(kid="a"), private_key("a")
    usual = Payload(
        iss=f"{AGENTS}a",
        aud=["ledger"],
        iat=EPOCH,
        jti=task_id("root"),
        wid=task_id("w"),
        exec_act="review_spec",
        pol="policy_v1",
        pol_decision="approved",
    )
    payloads = [usual]
    payloads += [replace(usual, jti=task_id(f"{n}"), par=[usual.jti]) for n in range(count)]
    return [create(payload, key, options) for payload in payloads]


def best(run: Callable[[], object], count: int) -> float:
    """Microseconds for one of `count`, in the quickest of some runs."""
    times = [time.perf_counter()]
    for _ in range(REPEATS):
        run()
        times.append(time.perf_counter())
    return min(after - before for before, after in pairwise(times)) / count * 1e6


def bare(sent: list[str]) -> Callable[[], None]:
    """`cryptography` alone, with everything decoded beforehand."""
    key, algorithm = private_key("a").public_key(), ec.ECDSA(SHA256())
    jobs = []
    for token in sent:
        signing_input, _, text = token.encode().rpartition(b".")
        mark = decode_base64url(text)
        der = encode_dss_signature(int.from_bytes(mark[:32]), int.from_bytes(mark[32:]))
        jobs.append((der, signing_input))

    def run() -> None:
        for der, signing_input in jobs:
            key.verify(der, signing_input, algorithm)

    return run


def gate(sent: list[str], options: VerifyOptions) -> Callable[[], None]:
    """The gate, with all that it looks at."""

    def run() -> None:
        for token in sent:
            verify(token, options)

    return run


def synced(lines: list[bytes], path: Path) -> Callable[[], None]:
    """Write and sync line by line, and nothing else."""

    def run() -> None:
        with path.open("ab", buffering=0) as file:
            for line in lines:
                file.write(line)
                os.fsync(file.fileno())

    return run


def appends(verified: list[Verified], folder: Path, threads: int, *, sync: bool) -> float:
    """Microseconds for each append to a new file by so many threads."""
    path = folder / f"{threads}-{sync}-{time.perf_counter_ns()}.jsonl"
    with FileLedger(path, sync=sync) as ledger:

        def work(part: list[Verified]) -> None:
            for token in part:
                ledger.append(token)

        workers = [
            threading.Thread(target=work, args=(verified[number::threads],))
            for number in range(threads)
        ]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return (time.perf_counter() - start) / len(verified) * 1e6


def main(count: int) -> None:
    """Measure and print."""
    root, *sent = tokens(count)
    ring = KeyRing.from_jwks(jwks("a"))
    options = VerifyOptions(keys=ring, verifier_id="ledger", clock=lambda: EPOCH + 60)
    alone = best(bare(sent), count)
    plain = best(gate(sent, options), count)
    options.store = store = MemoryLedger()
    store.append(verify(root, options))
    stored = best(gate(sent, options), count)
    print(f"{count:,} tokens, one core")
    print(f"  bare verification        {alone:7.1f} µs")
    print(f"  verify                   {plain:7.1f} µs   {alone / plain:.2f} of the bare rate")
    print(f"  verify, memory ledger    {stored:7.1f} µs   {alone / stored:.2f}")
    verified = [verify(token, options) for token in sent[:APPENDS]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with FileLedger(folder / "one.jsonl", sync=False) as ledger:
            for token in verified:
                ledger.append(token)
            lines = list(ledger.lines())
        floor = best(synced(lines, folder / "bare"), APPENDS)
        print(f"{APPENDS} appends to a file")
        print(f"  bare write and sync      {floor:7.1f} µs")
        for threads in (1, THREADS):
            took = min(appends(verified, folder, threads, sync=True) for _ in range(REPEATS))
            print(f"  {threads:2} threads               {took:7.1f} µs   {floor / took:.2f}")
        took = min(appends(verified, folder, 1, sync=False) for _ in range(REPEATS))
        print(f"  not synced               {took:7.1f} µs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
