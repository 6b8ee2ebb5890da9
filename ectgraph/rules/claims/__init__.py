"""Headers and claims: what a token must say, and how."""
