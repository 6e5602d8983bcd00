"""A session's history: keeping it, and choosing what of it is shown."""
