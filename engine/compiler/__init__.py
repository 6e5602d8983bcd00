"""From the living tree and the timeline to a ``ModelRequest`` that says who wrote what."""
