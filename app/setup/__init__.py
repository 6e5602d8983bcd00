"""Sets Bough up in its checkout: system libraries, environment, packages. Standard library only; nothing of the rest.

Runs as ``python3 -m app.setup`` with the system's Python, before anything is installed. What happens inside the program
(its settings, its models) is not here.
"""
