"""Measure ectgraph beside a plain script, in one run: `python benchmarks/run.py [SIZE ...]`.

Machines differ and are noisy, so the ratios count, not the seconds. Memory is the sum over all
processes of the run (proportional set size, where the system tells it).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import networkx as nx
from make_ledger import make

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 100_000)
REPEATS = 3


def family(pid: int) -> list[int]:
    """A process and its descendants, on Linux."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *(member for child in text.split() for member in family(int(child)))]


def memory(pid: int) -> int:
    """Bytes that a process and its descendants hold together; 0 where the system does not tell."""
    total = 0
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total


def timed(*command: str) -> tuple[float, int]:
    """(seconds, most bytes held) of a command, from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    if code:
        message = f"{' '.join(command)} ended with {code}"
        raise SystemExit(message)
    return seconds, peak


def best(*command: str) -> tuple[float, int]:
    """The quickest of some runs, and the most memory of all."""
    runs = [timed(*command) for _ in range(REPEATS)]
    return min(seconds for seconds, _ in runs), max(peak for _, peak in runs)


def main(sizes: list[int]) -> None:
    """Make ledgers, run both, print a table."""
    print(f"networkx {nx.__version__}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            ledger, keys = (str(path) for path in make(size, Path(folder)))
            python = sys.executable
            lint = (python, "-m", "ectgraph", "lint", ledger, "--keys", keys)
            ours, ours_memory = best(*lint)
            plain, plain_memory = best(python, str(HERE / "plain.py"), ledger, keys)
            done = subprocess.run(
                (python, str(HERE / "stages.py"), ledger, keys), capture_output=True, check=True
            )
            stages = json.loads(done.stdout)
            print(f"\n{size:,} tasks")
            print(f"  ectgraph lint  {ours:7.2f} s  {size / ours:9,.0f}/s  {ours_memory >> 20} MiB")
            print(
                f"  plain script   {plain:7.2f} s  {size / plain:9,.0f}/s  {plain_memory >> 20} MiB"
            )
            print(f"  ratio          {plain / ours:7.2f}")
            for name, seconds in stages.items():
                per_token = seconds if name.startswith("one") else seconds / size
                print(f"    {name:30} {per_token * 1e6:7.1f} µs a token")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
