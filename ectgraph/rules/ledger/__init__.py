"""The ledger: its sequence, its hash chain, its end, and what a checkpoint saw of it."""
