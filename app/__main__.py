"""``python -m app``, the ``bough`` command and the packaged program all begin here.

The packaged program starts itself again as the on-device child and for each Run Python step; those arguments are looked
at before anything else is imported, so that such a process holds no window, no store and no settings.
"""

from __future__ import annotations

import sys

CHILD_ARGUMENT = "--model-process"
"""Equal to ``engine.models.ondevice.process.CHILD_ARGUMENT``, which a test watches; not imported, to import nothing."""

STEP_ARGUMENT = "--python-step"
"""Equal to ``engine.effects.python.CHILD_ARGUMENT``, likewise."""


def main(argv: list[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [CHILD_ARGUMENT]:
        from engine.models.ondevice import child_main

        return child_main()
    if arguments == [STEP_ARGUMENT]:
        from engine.effects.python_child import child_main as step_main

        return step_main()
    from app.cli import main as run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
