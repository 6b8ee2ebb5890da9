"""The graph: tasks, their parents, and how they hang together."""
