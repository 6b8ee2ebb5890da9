"""An investigator's questions: pure functions over `Ledger` and `DiGraph`, one file for each kind.

They answer with tasks and numbers, in linear time and without recursion; others word and draw that.
"""
