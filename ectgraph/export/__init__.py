"""A ledger -> files for other tools."""
