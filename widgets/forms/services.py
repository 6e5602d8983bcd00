"""What a form needs of the program around it: keychain, servers, the person's agents. The app hands it over.

Answers come through a function that is called later, in the interface's thread; a form that is gone by then hears
nothing (:func:`while_alive`). Not here: the editors that ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject

from engine.blueprint.document import Node
from engine.blueprint.form_fields import Field


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """Another agent of the person.

    Attributes:
        id: Its id on this machine.
        label: Its name.
        icon: Its icon.
    """

    id: str
    label: str
    icon: str = "bot"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """A tool that a server offers."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why something could not be done, in the person's words."""

    reason: str


class FormServices(Protocol):
    """The program around a form."""

    def secret_known(self, name: str, host: str, done: Callable[[bool], None]) -> None:
        """Whether the keychain holds a secret of that name, bound to that host."""
        ...

    def store_secret(self, name: str, host: str, value: str, done: Callable[[Failed | None], None]) -> None:
        """Put a secret into the keychain, bound to that host. The value goes nowhere else."""
        ...

    def list_tools(self, node: Node, done: Callable[[Sequence[ToolChoice] | Failed], None]) -> None:
        """Ask the server of a node for its tools."""
        ...

    def parameters(self, node: Node) -> Sequence[Field]:
        """What the part that a node uses wants to be given, a field for each parameter."""
        ...


class NoServices:
    """A form on its own: says plainly that there is nothing around it."""

    _reason = Failed("This is not possible here.")

    def secret_known(self, name: str, host: str, done: Callable[[bool], None]) -> None:
        done(False)

    def store_secret(self, name: str, host: str, value: str, done: Callable[[Failed | None], None]) -> None:
        done(self._reason)

    def list_tools(self, node: Node, done: Callable[[Sequence[ToolChoice] | Failed], None]) -> None:
        done(self._reason)

    def parameters(self, node: Node) -> Sequence[Field]:
        return ()


NO_SERVICES = NoServices()


def while_alive(owner: QObject, call: Callable[[Any], None]) -> Callable[[Any], None]:
    """``call``, or nothing once ``owner`` is gone."""

    def later(answer: Any) -> None:
        if shiboken6.isValid(owner):
            call(answer)

    return later
