"""The usage example of the reference implementation runs here, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from ectgraph import Trust

EXAMPLE = """
import time
from ectgraph import (Payload, create, generate_key, CreateOptions, verify, VerifyOptions, MemoryLedger,
                      load_config_from_env, POL_DECISION_APPROVED)

cfg = load_config_from_env()
key = generate_key()
payload = Payload(iss="spiffe://example.com/agent/a", aud=["spiffe://example.com/agent/b"],
                  iat=int(time.time()), exp=int(time.time()) + 600, jti="550e8400-e29b-41d4-a716-446655440000",
                  exec_act="review_spec", par=[], pol="policy_v1", pol_decision=POL_DECISION_APPROVED)
compact = create(payload, key, cfg.create_options("agent-a-key"))
store = MemoryLedger()
opts = cfg.verify_options()
opts.verifier_id = "spiffe://example.com/agent/b"
opts.resolve_key = lambda kid: key.public_key() if kid == "agent-a-key" else None
opts.store = store
parsed = verify(compact, opts)
store.append(compact, parsed.payload)
"""


@pytest.mark.parametrize("size", ["", "1000"], ids=["no cache", "cache"])
def test_the_example_enters_one_verified_task(monkeypatch, size: str):
    for variable in ("IAT_MAX_AGE_MINUTES", "IAT_MAX_FUTURE_SEC", "DEFAULT_EXPIRY_MIN"):
        monkeypatch.delenv(f"ECT_{variable}", raising=False)
    monkeypatch.delenv("ECT_JTI_REPLAY_TTL_MIN", raising=False)
    monkeypatch.setenv("ECT_JTI_REPLAY_CACHE_SIZE", size)
    names: dict[str, Any] = {}
    exec(EXAMPLE, names)  # noqa: S102
    (entry,) = names["store"]
    assert entry.trust is Trust.VERIFIED
    assert entry.problems == entry.hits == ()
    assert entry.record.body.decode() == names["compact"]
    assert (entry.seq, entry.token.jti) == (1, "550e8400-e29b-41d4-a716-446655440000")
    assert (entry.token.pol, entry.token.pol_decision) == ("policy_v1", "approved")
    assert names["parsed"].payload.claims() == names["payload"].claims() | {
        "sub": "spiffe://example.com/agent/a"
    }
