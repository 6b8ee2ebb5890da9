"""Records: what could not be read, or has two readings."""
