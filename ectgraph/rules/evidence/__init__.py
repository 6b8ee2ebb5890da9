"""What went in and what came out, by their hashes."""
