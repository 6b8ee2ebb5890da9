"""Report -> text and JSON. Everything is in the report already; here it is only worded."""
