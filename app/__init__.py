"""Bough, the application: the only place where engine and widgets are put together.

Start with ``app.__main__`` (which command was asked for), ``app.services`` (what exists in one run, without Qt)
and ``app.main`` (the window). Nothing under ``engine`` or ``widgets`` imports this package.
"""

__version__ = "0.1.0"
