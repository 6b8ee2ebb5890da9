"""The tables of a case and their columns: what each is called, what it holds, what it means."""

from __future__ import annotations

from ectgraph.columns import Column, Kind

_PLACE = (
    Column("source", "category", "the file that holds the record, as the caller named it"),
    Column("line", "integer", "the line of its content, from 1; absent where lines mean nothing"),
    Column("offset", "integer", "where its raw bytes begin in the file, from 0"),
    Column("index", "integer", "its position among the records of the file, from 0"),
    Column("sha256", "text", "SHA-256 of its raw bytes, in hex"),
)
PLACE = tuple(column.name for column in _PLACE)
"""The columns that lead a row back to the bytes of a record."""
_LAST = tuple(
    Column(f"last_{name}", kind, f"of the last record: `{name}`")
    for name, kind in ((column.name, column.kind) for column in _PLACE)
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "tasks": (
        Column("task", "text", "the node of the graph: the `jti`, or `jti@wid` where it must be"),
        Column("jti", "text", "the id of the task and of its token"),
        Column("wid", "category", "the workflow"),
        Column("iss", "category", "the agent"),
        Column("exec_act", "category", "what it did"),
        Column("iat", "time", "when it says that it ended"),
        Column("exp", "time", "until when the token was good"),
        Column("kid", "category", "the key that the token names"),
        Column("trust", "category", "what checking the signature came to"),
        Column("level", "category", "assurance level as the ledger shows it: `L1`, `L2` or `L3`"),
        Column("draft", "category", "the dialect of the token: `early-00`, `00` or `01`"),
        Column("status", "category", "`present`, `duplicate` (rival records) or `missing`"),
        Column("records", "integer", "how many records claim it"),
        Column("parents", "integer", "how many tasks it builds on"),
        Column("children", "integer", "how many tasks build on it"),
        Column("findings", "integer", "how many findings about it count"),
        Column("pol", "category", "the policy that was applied"),
        Column("pol_decision", "category", "what the policy decided"),
        Column("inp_hash", "text", "the hash of what went in"),
        Column("out_hash", "text", "the hash of what came out"),
        Column("exec_time_ms", "number", "how long it says that it took, in milliseconds"),
        Column("seq", "integer", "its number in the ledger, as the entry states it"),
        Column("recorded_at", "time", "when the ledger took it in, as the entry states it"),
        *_PLACE,
    ),
    "edges": (
        Column("parent", "text", "the task that is built on, as `tasks.task`"),
        Column("child", "text", "the task that names it, as `tasks.task`"),
        Column("parent_act", "category", "what the parent did"),
        Column("child_act", "category", "what the child did"),
        Column("parent_iat", "time", "when the parent says that it ended"),
        Column("child_iat", "time", "when the child says that it ended"),
        Column("gap_s", "number", "seconds from parent to child; negative: the parent is later"),
        Column("parent_status", "category", "`present`, `duplicate` or `missing`"),
        Column("parent_iss", "category", "the parent's agent"),
        Column("child_iss", "category", "the child's agent"),
        Column("parent_wid", "category", "the parent's workflow"),
        Column("child_wid", "category", "the child's workflow"),
        Column("parent_trust", "category", "what checking the parent's signature came to"),
        Column("child_trust", "category", "what checking the child's signature came to"),
        *_PLACE,
    ),
    "findings": (
        Column("code", "category", "the rule"),
        Column("name", "category", "the rule's name"),
        Column("severity", "category", "`note`, `warning`, `error` or `fatal`"),
        Column("message", "text", "what was found"),
        Column("task", "text", "the task that it is about, as `tasks.task`"),
        Column("jti", "text", "that task's id"),
        Column("wid", "category", "its workflow"),
        Column("iss", "category", "its agent"),
        Column("exec_act", "category", "what it did"),
        Column("ignored", "flag", "whether the caller ignored it"),
        Column("known", "flag", "whether it is in the caller's baseline"),
        Column("reason", "text", "why it does not count, as the caller says"),
        Column("fingerprint", "text", "stays while the fact is the same, also when lines move"),
        Column("evidence", "text", "numbers, times and names to check it by, as JSON"),
        *_PLACE,
    ),
    "records": (
        *_PLACE,
        Column("address", "text", "where it is in a source without lines: a table's row, a URL"),
        Column("jti", "text", "the id that the token states"),
        Column("wid", "category", "the workflow that it states"),
        Column("iss", "category", "the agent that it states"),
        Column("exec_act", "category", "the action that it states"),
        Column("trust", "category", "what checking its signature came to; absent: no token"),
        Column("level", "category", "assurance level as the ledger shows it: `L1`, `L2` or `L3`"),
        Column("draft", "category", "the dialect of the token: `early-00`, `00` or `01`"),
        Column("alg", "category", "the algorithm that its header names"),
        Column("kid", "category", "the key that its header names"),
        Column("seq", "integer", "its number in the ledger, as the entry states it"),
        Column("recorded_at", "time", "when the ledger took it in, as the entry states it"),
        Column("codes", "category", "the rules that the record alone breaks, with spaces between"),
        Column("task", "text", "the task that it records, as `tasks.task`"),
        Column("iat", "time", "when the token says that the task ended"),
        Column("exp", "time", "until when the token was good"),
        Column("thumbprint", "category", "the key that made the signature (RFC 7638)"),
    ),
    "agents": (
        Column("iss", "text", "the agent, as tokens state it"),
        Column("records", "integer", "how many records state it"),
        Column("tasks", "integer", "how many tasks are its own"),
        Column("verified", "integer", "for how many of these tasks a signature verified"),
        Column("invalid", "integer", "how many of the records have a signature that is wrong"),
        Column("kids", "integer", "how many different keys the records name"),
        Column("exec_acts", "integer", "how many different actions"),
        Column("workflows", "integer", "how many different workflows"),
        Column("roots", "integer", "how many of its tasks build on none"),
        Column("leaves", "integer", "how many of its tasks none builds on"),
        Column("builds_on", "integer", "on how many other agents' tasks its own build directly"),
        Column("used_by", "integer", "how many other agents build directly on its tasks"),
        Column("findings", "integer", "how many findings about its tasks and records count"),
        Column("first_iat", "time", "the earliest `iat` of the records"),
        Column("last_iat", "time", "the latest"),
        *_PLACE,
        *_LAST,
    ),
    "workflows": (
        Column("wid", "text", "the workflow, as tokens state it"),
        Column("records", "integer", "how many records state it"),
        Column("tasks", "integer", "how many tasks are in it"),
        Column("verified", "integer", "for how many of these tasks a signature verified"),
        Column("invalid", "integer", "how many of the records have a signature that is wrong"),
        Column("missing", "integer", "how many tasks without any record its tasks build on"),
        Column("agents", "integer", "how many different agents"),
        Column("exec_acts", "integer", "how many different actions"),
        Column("roots", "integer", "how many of its tasks build on none"),
        Column("leaves", "integer", "how many of its tasks none builds on"),
        Column("edges", "integer", "how many parent links its tasks state"),
        Column("crossing", "integer", "how many of these lead to a task of another workflow"),
        Column("findings", "integer", "how many findings about its tasks and records count"),
        Column("first_iat", "time", "the earliest `iat` of the records"),
        Column("last_iat", "time", "the latest"),
        Column("span_s", "number", "seconds between the two"),
        *_PLACE,
        *_LAST,
    ),
    "keys": (
        Column("kid", "text", "what tokens call the key"),
        Column(
            "status", "category", "`usable`; `unusable`, see `reason`; `missing`: in no key file"
        ),
        Column("kind", "category", "`P-256`, `P-384`, `Ed25519` or `RSA`"),
        Column("alg", "category", "the only algorithm that it may be used with, if it is bound"),
        Column("thumbprint", "text", "the name that the key has by itself (RFC 7638, SHA-256)"),
        Column("iss", "text", "the only agent that it may sign for, if it is bound"),
        Column("nbf", "time", "from when it was good"),
        Column("exp", "time", "until when it was good"),
        Column("revoked_at", "time", "from when it is revoked"),
        Column("certificate", "text", "SHA-256 of the certificate that it came in, in hex"),
        Column("root", "text", "the given root that the certificate chains to"),
        Column("key_file", "category", "the file that holds the key, as the caller named it"),
        Column("reason", "text", "why it cannot be used"),
        Column("tokens", "integer", "how many records name its `kid`"),
        Column("signed", "integer", "how many of those have a signature made with this very key"),
        Column(
            "verified", "integer", "how many of these verified: the key was good then, for them"
        ),
        Column("agents", "integer", "how many agents those state that were signed with it"),
        Column("first_iat", "time", "the earliest `iat` of those that were signed with it"),
        Column("last_iat", "time", "the latest"),
        *_PLACE,
        *_LAST,
    ),
}
"""The columns of each table, in order."""
PLACES: dict[str, str] = {
    "tasks": "the record that speaks for the task: the first that verified, else the first",
    "edges": "the record that names the parent: the first of the child's that does",
    "findings": "the first record that it is about, or the file where it is about no record",
    "records": "the record itself",
    "agents": "the first record that states the agent",
    "workflows": "the first record that states the workflow",
    "keys": "the first record that names the `kid`",
}
"""Whose place it is that the columns `PLACE` of a table tell."""

KINDS: dict[str, dict[str, Kind]] = {
    table: {column.name: column.kind for column in columns} for table, columns in COLUMNS.items()
}
"""What each column of each table holds."""
