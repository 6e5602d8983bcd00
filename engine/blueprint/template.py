"""The template language: Jinja2's syntax, a small safe part of it, bounded in size and time.

Jinja2 reads the text; what it read is turned into plain functions by ``template_code``, which knows only what is
allowed. No attribute of a Python object is ever reached, nothing is called, and every operation is counted.
Only properties of nodes are templates: values, tool inputs and messages are never rendered again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.blueprint.template_code import compile_body, compile_expression
from engine.blueprint.template_ops import MAX_OUTPUT, Code, Frame, TemplateError
from engine.blueprint.values import ValueProblem, as_text

MAX_SOURCE = 200_000
"""The longest text, in characters."""
MAX_MARKED = 60_000
"""The longest text that has variables or statements in it."""
_MARKS = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was understood.

    Attributes:
        source: The text.
        names: Variables it reads, without those it makes itself in loops.
        alone: The value where the text is one ``{{ … }}`` and nothing else, so that its type can be kept.
    """

    source: str
    names: frozenset[str]
    body: Callable[[Frame], None] | None
    alone: Code | None

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with everything put in.

        Raises:
            TemplateError: Something does not work out, with the line.
        """
        if self.body is None:
            return self.source
        frame = Frame(values)
        _guard(lambda: self.body(frame))  # type: ignore[misc]
        return "".join(frame.output)

    def value(self, values: Mapping[str, Any]) -> Any:
        """The value with its type where the text is one ``{{ … }}``; else the rendered text."""
        if self.alone is None:
            return self.render(values)
        alone = self.alone
        found = _guard(lambda: alone(Frame(values)))
        return list(found) if isinstance(found, (tuple, range)) else found


def _guard(run: Callable[[], Any]) -> Any:
    """Run, with anything that was not foreseen as a sentence."""
    try:
        return run()
    except TemplateError:
        raise
    except ValueProblem as problem:
        raise TemplateError(f"This does not work: {problem}.") from None
    except RecursionError:
        raise TemplateError("This is nested too deeply.") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError) as error:
        raise TemplateError(f"This does not work: {error}.") from None


@lru_cache(maxsize=4096)
def compiled(source: str) -> Template:
    """The text as a template; the same text is read once.

    Raises:
        TemplateError: It cannot be understood, with the line.
    """
    if len(source) > MAX_SOURCE:
        raise TemplateError(f"The text is longer than {MAX_SOURCE:,} characters.")
    if not any(mark in source for mark in _MARKS):
        return Template(source, frozenset(), None, None)
    if len(source) > MAX_MARKED:
        raise TemplateError(f"A text with variables in it may have at most {MAX_MARKED:,} characters.")
    tree = parse(source)
    body, names, alone = _guard(lambda: compile_body(tree))
    return Template(source, names, body, alone)


@lru_cache(maxsize=4096)
def compiled_expression(source: str) -> tuple[Code, frozenset[str]]:
    """An expression as a function, and the variables it reads.

    Raises:
        TemplateError: It cannot be understood.
    """
    if len(source) > 5_000:
        raise TemplateError("The condition is longer than 5,000 characters.")
    text = source.strip()
    if text.startswith("{{") and text.endswith("}}"):
        text = text[2:-2]
    if not text.strip():
        raise TemplateError("There is no condition.")
    tree = parse("{{ (" + text + "\n) }}")
    found: tuple[Code, frozenset[str]] = _guard(lambda: compile_expression(tree))
    return found


def parse(source: str) -> Any:
    """Jinja2's syntax tree of a text.

    Raises:
        TemplateError: It is no template, with the line.
    """
    from jinja2 import Environment, TemplateSyntaxError

    global _environment
    if _environment is None:
        _environment = Environment(keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    try:
        return _environment.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError(_plain_syntax(error.message or ""), error.lineno) from None
    except RecursionError:
        raise TemplateError("This is nested too deeply.") from None
    except (ValueError, OverflowError):
        raise TemplateError("A number in it is too long.") from None
    except (AssertionError, MemoryError):
        raise TemplateError("This cannot be understood.") from None


_environment: Any = None


def _plain_syntax(message: str) -> str:
    plain = {
        "Expected an expression, got 'end of print statement'": "There is nothing between {{ and }}.",
        "unexpected 'end of template'": "The text ends in the middle of {{ … }} or {% … %}.",
        "unexpected end of template": "The text ends in the middle of {{ … }} or {% … %}.",
        "Unexpected end of template": "The text ends before a {% … %} was closed.",
        "Missing end of comment tag": "A comment that begins with {# has no #}.",
    }
    for start, words in plain.items():
        if message.startswith(start):
            return words
    unexpected = re.search(r"got '(.+)'$", message)
    if unexpected is not None:
        return f"This cannot be understood at “{unexpected.group(1)}”."
    return f"This cannot be understood: {message.rstrip('.')}."


def render(source: str, values: Mapping[str, Any]) -> str:
    """A text with everything put in. See :meth:`Template.render`.

    Example:
        >>> render("{% for n in notes %}[{{ n }}]{% endfor %}", {"notes": ["figs", "tea"]})
        '[figs][tea]'
    """
    return compiled(source).render(values)


def value(source: Any, values: Mapping[str, Any]) -> Any:
    """A step's value: text is a template (one ``{{ … }}`` keeps its type), everything else stands for itself."""
    return compiled(source).value(values) if isinstance(source, str) else source


def texts_in(source: Any) -> Iterator[str]:
    """Every text in a JSON value, names of fields left out: what :func:`values` renders."""
    if isinstance(source, str):
        yield source
    elif isinstance(source, (list, tuple)):
        for item in source:
            yield from texts_in(item)
    elif isinstance(source, Mapping):
        for item in source.values():
            yield from texts_in(item)


def values(source: Any, given: Mapping[str, Any]) -> Any:
    """A JSON value with every text in it worked out as :func:`value` does. What is put in cannot change its shape.

    Raises:
        TemplateError: A text does not work, or all of it becomes too long.
    """
    return _values(source, given, [0])


def _values(source: Any, given: Mapping[str, Any], size: list[int]) -> Any:
    if isinstance(source, str):
        found = value(source, given)
        size[0] += len(found) if isinstance(found, str) else 0
        if size[0] > 4 * MAX_OUTPUT:
            raise TemplateError(f"The texts would become longer than {4 * MAX_OUTPUT:,} characters.")
        return found
    if isinstance(source, (list, tuple)):
        return [_values(item, given, size) for item in source]
    if isinstance(source, Mapping):
        return {name: _values(item, given, size) for name, item in source.items()}
    return source


def truth(expression: str, values: Mapping[str, Any]) -> bool:
    """Whether an expression holds.

    Raises:
        TemplateError: It cannot be understood or names something unknown.
    """
    code, _ = compiled_expression(expression)
    return bool(_guard(lambda: code(Frame(values))))


def names_in(source: str) -> frozenset[str]:
    """The variables a text reads.

    Raises:
        TemplateError: It cannot be understood.
    """
    return compiled(source).names


def names_in_expression(source: str) -> frozenset[str]:
    """The variables an expression reads.

    Raises:
        TemplateError: It cannot be understood.
    """
    return compiled_expression(source)[1]


__all__ = ["MAX_OUTPUT", "Template", "TemplateError", "as_text", "compiled", "render", "truth", "value"]
