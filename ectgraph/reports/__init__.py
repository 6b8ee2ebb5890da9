"""Report -> what people and programs read. Everything is in the report already; here it is worded.

`forms` knows in which forms a report is written, each in a file of its name; `task`, `rule` and
`stories` tell one task, one rule, one finding.
"""
