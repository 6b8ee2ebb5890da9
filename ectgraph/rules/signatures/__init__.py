"""Signatures and keys: who vouches for a token."""
