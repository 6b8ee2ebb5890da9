"""docs/replay.md: what it shows runs, the Redis recipe against a real Redis."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import pytest

from ectgraph import VerificationError, VerifyOptions, verify
from ectgraph.testing import EPOCH

PAGE = (Path(__file__).parents[2] / "docs" / "replay.md").read_text("utf-8")
SQLITE, REDIS = (
    block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if ">>>" not in block
)


@pytest.fixture
def options(ring) -> VerifyOptions:
    return VerifyOptions(keys=ring, clock=lambda: EPOCH)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A Redis of the test's own, which keeps nothing; `REDIS_URL` leads to it."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server here")
    pytest.importorskip("redis", reason="no redis package here")
    with TemporaryDirectory() as folder:  # pytest's own are too long for the name of a socket
        switches = ["--port", "0", "--unixsocket", f"{folder}/redis", "--dir", folder]
        switches += ["--save", "", "--appendonly", "no"]
        command = [program, *switches]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                if not any("ready to accept" in line.lower() for line in process.stdout):
                    pytest.fail("redis-server did not start")
                monkeypatch.setenv("REDIS_URL", f"unix://{folder}/redis")
                yield process
            finally:
                process.kill()


@pytest.fixture
def follow(server, ring) -> Iterator[Callable[[VerifyOptions], Any]]:
    """Follow the recipe, as often as there are hosts; give its client."""
    clients = []

    def run(options: VerifyOptions) -> Any:
        names: dict[str, Any] = {"options": options}
        exec(REDIS, names)  # noqa: S102
        clients.append(names["client"])
        return names["client"]

    yield run
    for client in clients:
        client.close()


def test_the_sqlite_example_refuses_a_replay(options, good_token, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(SQLITE, {"options": options})  # noqa: S102
    with options.jti_seen:
        assert verify(good_token, options).trust == "verified"
        with pytest.raises(VerificationError, match="ECT301"):
            verify(good_token, options)
    assert (tmp_path / "seen.db").exists()


def test_the_recipe_refuses_a_replay_on_every_host(follow, options, ring, good_token):
    elsewhere = VerifyOptions(keys=ring, clock=lambda: EPOCH)
    follow(options)
    follow(elsewhere)
    assert verify(good_token, options).trust == "verified"
    for host in (options, elsewhere, options):
        with pytest.raises(VerificationError, match="ECT301 replayed"):
            verify(good_token, host)


def test_the_recipe_tells_one_of_many_that_a_jti_is_new(follow, options):
    follow(options)
    threads = 8
    start = Barrier(threads)

    def ask(_: int) -> list[bool]:
        start.wait()
        return [options.jti_seen(str(number)) for number in range(50)]

    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(ask, range(threads)))
    assert [told.count(False) for told in zip(*answers, strict=True)] == [1] * 50


def test_the_recipe_gives_every_name_its_time_to_live(follow, options):
    client = follow(options)
    options.jti_seen("a")
    options.jti_seen("b\n\N{SNOWMAN}" * 1000)
    names = client.keys()
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(rb"ect:jti:[0-9a-f]{64}", name)
        assert 0 < client.ttl(name) <= 3600


def test_nothing_passes_while_redis_is_down(follow, server, options, good_token):
    import redis

    told = []
    options.on_verify_attempt = lambda *attempt: told.append(attempt)
    follow(options)
    server.kill()
    server.wait()
    with pytest.raises(redis.exceptions.ConnectionError) as raised:
        verify(good_token, options)
    assert [error for _, error in told] == [raised.value]


def test_nothing_passes_while_redis_is_full(follow, options, good_token):
    import redis

    client = follow(options)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.exceptions.RedisError, match="maxmemory"):
        verify(good_token, options)
    client.config_set("maxmemory", 0)
    assert verify(good_token, options).trust == "verified"
