"""Decisions, and what followed them."""
