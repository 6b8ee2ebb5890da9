"""What happened when, by agent: moments -> chart (Vega-Lite) -> picture or page.

`moments` works out lanes, bars and links, `ruler` the axis of time, `overview` the counts of very
large ledgers; `words` says it, `marks` and `chart` draw it, `page` makes it something to explore;
`drawing` knows all forms.
"""
