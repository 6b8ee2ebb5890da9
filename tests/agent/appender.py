"""Processes that append to a ledger, for `test_file_ledger`: a program, no test.

It takes orders from standard input, a JSON object each, and answers each with one JSON value. It
forks a process for whatever is to be done, so that a process to be killed costs a few milliseconds.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ectgraph import FileLedger, KeyRing, VerifyOptions, verify
from ectgraph.agent import file_ledger
from ectgraph.agent.chain_file import ChainFile
from ectgraph.testing import EPOCH, jwks, task_id, token


class Hesitant(io.FileIO):
    """A file that takes only some bytes at a time, as files may."""

    def write(self, data: Any) -> int:
        """Write the beginning of something, and leave time for others."""
        time.sleep(0)
        return super().write(data[: random.randint(1, 300)]) or 0  # noqa: S311


class HesitantFile(ChainFile):
    """A chain in such a file, so that its writer can be killed in the middle of a line."""

    def _open(self) -> io.FileIO:
        with super()._open() as file:
            return Hesitant(os.dup(file.fileno()), "r+")


def hesitant_ledger(path: str, **options: Any) -> FileLedger:
    """Open a ledger in such a file."""
    file_ledger.ChainFile = HesitantFile  # type: ignore[misc]
    try:
        return FileLedger(path, **options)
    finally:
        file_ledger.ChainFile = ChainFile  # type: ignore[misc]


def compact(name: str, *parents: str) -> bytes:
    """Make a token of agent-a."""
    claims = {
        "iss": "spiffe://example.com/agent/agent-a",
        "aud": "spiffe://example.com/ledger",
        "iat": EPOCH,
        "exp": EPOCH + 600,
        "jti": task_id(name),
        "wid": task_id("workflow"),
        "exec_act": "append",
        "par": [task_id(parent) for parent in parents],
    }
    return token(claims, "agent-a")


def append(
    path: str, *, name: str, threads: int, count: int, acks: str, hesitant: bool, sync: bool
) -> None:
    """Append from several threads what a gate lets in, and put down what was acknowledged."""
    kind = hesitant_ledger if hesitant else FileLedger
    keys = KeyRing.from_jwks(jwks("agent-a"))
    log = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with kind(path, sync=sync) as ledger:
        gate = VerifyOptions(keys=keys, store=ledger, clock=lambda: EPOCH + 60)

        def run(thread: int) -> None:
            choose = random.Random(f"{name} {thread}")  # noqa: S311
            own: list[str] = []
            for number in range(count):
                task = f"{name} {thread} {number}"
                made = compact(task, *choose.sample(own, min(len(own), choose.randint(0, 3))))
                entry = ledger.append(verify(made, gate))
                os.write(log, f"{entry.token.jti}\n".encode() if entry.token else b"")
                own.append(task)

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(run, thread) for thread in range(threads)]:
                done.result()


def family(path: str, *, children: int, count: int) -> None:
    """Append from a process and from its children, which inherited the ledger when it was open."""
    with hesitant_ledger(path, sync=False) as ledger:
        ledger.append(compact("before"), unverified=True)
        born = []
        for child in range(children):
            pid = os.fork()
            if pid == 0:
                _end(lambda child=child: _grow(ledger, f"child {child}", count))
            born.append(pid)
        _grow(ledger, "parent", count)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in born]
        if any(codes):
            message = f"children ended with {codes}"
            raise RuntimeError(message)
        ledger.refresh()
        if len(ledger) != 1 + (children + 1) * count:
            message = f"{len(ledger)} entries are there"
            raise RuntimeError(message)


def _grow(ledger: FileLedger, name: str, count: int) -> None:
    for number in range(count):
        ledger.append(compact(f"{name} {number}"), unverified=True)


def hold(path: str, *, ready: str) -> None:
    """Keep a ledger locked until somebody ends this process."""
    with FileLedger(path) as ledger, ledger._chain.locked():
        Path(ready).touch()
        time.sleep(600)


def hold_unknown(path: str, *, ready: str) -> None:
    """The same, by somebody who knows nothing of ledgers."""
    import fcntl

    with Path(path).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        Path(ready).touch()
        time.sleep(600)


DEEDS = {deed.__name__: deed for deed in (append, family, hold, hold_unknown)}


def _end(deed: Any) -> None:
    """Do something as the last thing that this process does."""
    code = 1
    try:
        deed()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take orders."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _end(lambda order=order: DEEDS[order.pop("do")](**order))
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
