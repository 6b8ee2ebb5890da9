"""Make a ledger of any size: `python make_ledger.py 100000 FOLDER`.

Workflows of a thousand tasks by eight agents, two parents a task, an `ectgraph-ledger/1` file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ectgraph.testing import EPOCH, compact_json, jwks, ledger_file, task_id, token

AGENTS = [f"agent-{number}" for number in range(8)]
WORKFLOW = 1000
LEDGER = "spiffe://example.com/ledger"


def task(number: int) -> bytes:
    """The token of one task."""
    agent, *readers = (AGENTS[n % len(AGENTS)] for n in (number, number + 1, number + 7))
    first = number - number % WORKFLOW
    iat = EPOCH + number
    claims = {
        "iss": f"spiffe://example.com/agent/{agent}",
        "aud": [*(f"spiffe://example.com/agent/{each}" for each in readers), LEDGER],
        "iat": iat,
        "exp": iat + 600,
        "jti": task_id(str(number)),
        "wid": task_id(f"workflow {first}"),
        "exec_act": f"step_{number % 7}",
        "pred": [task_id(str(n)) for n in (number - 1, number - 7) if n >= first],
        "out_hash": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
        "ect_ext": {"exec_time_ms": 500 + number % 100},
    }
    return token(claims, agent)


def make(size: int, folder: Path) -> tuple[Path, Path]:
    """Write a ledger and its keys, unless they are there already."""
    ledger, keys = folder / f"{size}.jsonl", folder / "keys.json"
    if not ledger.exists():
        data = ledger_file([task(n) for n in range(size)], [EPOCH + n + 1 for n in range(size)])
        ledger.write_bytes(data)
        keys.write_bytes(compact_json(jwks(*AGENTS)))
    return ledger, keys


if __name__ == "__main__":
    print(*make(int(sys.argv[1]), Path(sys.argv[2])))
