"""Limits: what is legal, but too much."""
