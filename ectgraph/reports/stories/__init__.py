"""One finding, or one task, as a short story.

`explanation` puts it together: what is meant (`meaning`), its `ancestry`, the `exhibits`, and where
to go `onward`; `narration` tells it.
"""
