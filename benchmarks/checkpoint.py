"""Measure a lint from a checkpoint on, beside a full one: `python checkpoint.py [SIZE ...]`.

The ledger grew by one hundredth since the checkpoint. Both run in turn, as whole processes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from make_ledger import make
from run import timed

SIZES = (10_000, 100_000)
REPEATS = 3


def measure(size: int, folder: Path) -> None:
    ledger, keys = make(size, folder)
    lines = ledger.read_bytes().splitlines(keepends=True)
    before, seen = folder / "before.jsonl", folder / "seen.json"
    before.write_bytes(b"".join(lines[: size - size // 100]))
    python = (sys.executable, "-m", "ectgraph")
    timed(*python, "checkpoint", str(before), "--keys", str(keys), "-o", str(seen))
    lint = (*python, "lint", str(ledger), "--keys", str(keys))
    runs = [(timed(*lint), timed(*lint, "--since", str(seen))) for _ in range(REPEATS)]
    (full, full_bytes), (part, part_bytes) = (min(each) for each in zip(*runs, strict=True))
    print(f"{size:,} tasks, of which the last hundredth is new")
    print(f"  full lint          {full:7.2f} s  {full_bytes >> 20} MiB")
    print(f"  from a checkpoint  {part:7.2f} s  {part_bytes >> 20} MiB")
    print(f"  ratio              {part / full:8.3f}")


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(size, Path(folder))


if __name__ == "__main__":
    main()
