"""The living tree: fibers, their paths, rendering what changed, and calling hooks in order."""
