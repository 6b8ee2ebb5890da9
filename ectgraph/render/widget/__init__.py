"""Pictures to walk through: zoom, search, neighbours. A widget in Jupyter, or part of a page."""
