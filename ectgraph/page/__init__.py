"""A case as one page: reports and pictures in a single file, for people without Python."""
