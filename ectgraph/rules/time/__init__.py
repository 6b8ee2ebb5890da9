"""Time: what cannot have happened in this order."""
