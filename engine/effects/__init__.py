"""What steps do to the world: fetching, files, Python, the contents of files. Each in a module of its own.

Nothing here asks for permission: whoever calls has been through ``engine.world`` before. What is kept here whatever
was allowed: which address, which folder, how long, how large. Not here: the node kinds (``engine.blueprint.kinds``).
"""
