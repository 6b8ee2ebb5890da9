"""The run-time side: agents create, verify, validate and append ECTs.

Names are those of the reference implementation; every one of them is at the front door as well
(`from ectgraph import create, verify`). The gate runs the rules of `ectgraph.rules`, so whoever
lints a ledger later gets the answers that the gate gave.
"""
