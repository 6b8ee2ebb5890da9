"""What one would write without ectgraph: PyJWT and networkx, straight on, one process.

`python plain.py LEDGER KEYS`. It does the same job less strictly: a token's header picks the key,
PyJWT verifies, networkx gets the tasks, and duplicates, missing parents, own parents, times,
cycles, depth and fan-in are looked at.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

import jwt
import networkx as nx

REQUIRED = ["iss", "aud", "iat", "exp", "jti", "exec_act"]
OPTIONS = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "require": REQUIRED}


def read(ledger: str, keys: str) -> tuple[dict[str, dict], list]:
    """(claims by `jti`, findings)."""
    by_kid = {k.key_id: k for k in jwt.PyJWKSet.from_dict(json.loads(Path(keys).read_text())).keys}
    claims_by_jti, findings = {}, []
    with Path(ledger).open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            token = json.loads(line)["ect"]
            try:
                key = by_kid[jwt.get_unverified_header(token)["kid"]]
                claims = jwt.decode(token, key, algorithms=["ES256"], options=OPTIONS)
            except (jwt.PyJWTError, KeyError) as error:
                findings.append((number, error))
                continue
            if claims["jti"] in claims_by_jti:
                findings.append((number, "duplicate"))
            claims_by_jti[claims["jti"]] = claims
    return claims_by_jti, findings


def main(ledger: str, keys: str) -> None:
    """Verify, build, check."""
    tasks, findings = read(ledger, keys)
    graph = nx.DiGraph()
    for jti, claims in tasks.items():
        graph.add_node(jti, **{name: claims.get(name) for name in (*REQUIRED, "wid")})
    for jti, claims in tasks.items():
        for parent in claims.get("pred", claims.get("par", [])):
            if parent not in tasks:
                findings.append((jti, "missing", parent))
            elif tasks[parent]["iat"] > claims["iat"] + 30:
                findings.append((jti, "time", parent))
            graph.add_edge(parent, jti)
    if nx.is_directed_acyclic_graph(graph):
        depth = nx.dag_longest_path_length(graph)
    else:
        findings.append("cycle")
        depth = None
    widest = max((degree for _, degree in graph.in_degree()), default=0)
    agents = Counter(claims["iss"] for claims in tasks.values())
    print(len(graph), graph.number_of_edges(), depth, widest, len(agents), len(findings))


if __name__ == "__main__":
    start = time.perf_counter()
    main(*sys.argv[1:3])
    print(f"{time.perf_counter() - start:.3f} s", file=sys.stderr)
