"""From a handler's signature, a pydantic model or a JSON schema to the schema a model is given, and checking by it.

pydantic and jsonschema are imported on first use. Not here: calling the handler.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from engine.errors import ValidationFailed
from engine.json_values import check_json

MAX_PROBLEMS = 5
"""So many problems of an input are told to the model at most."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a tool takes its input.

    Attributes:
        schema: JSON schema of the input.
        style: ``kwargs``: one argument per property; ``single``: the whole input as one argument; ``none``: no input.
        context: The parameter that takes the :class:`ToolContext`, or None.
        parameter: The parameter of style ``single``.
        model: The pydantic model to make of the input, or None.
        check: A jsonschema validator, made on first use (a list of none or one).
    """

    schema: dict[str, Any]
    style: Literal["kwargs", "single", "none"]
    context: str | None
    parameter: str | None
    model: Any
    check: list[Any]

    def problems(self, value: Any) -> list[str]:
        """What is wrong with an input, as sentences with the place; empty when it fits. Nothing is coerced."""
        if not self.check:
            self.check.append(make_validator(self.schema))
        found = []
        for error in self.check[0].iter_errors(value):
            place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
            found.append(f"{place}: {error.message[:300]}" if place else str(error.message)[:300])
            if len(found) >= MAX_PROBLEMS:
                break
        return found

    def arguments(self, value: Any, context: Any) -> tuple[list[Any], dict[str, Any]]:
        """Positional and named arguments for the handler."""
        named = {} if self.context is None else {self.context: context}
        if self.model is not None:
            made = self.model.model_validate(value)
            if self.style == "single":
                return [], {**named, str(self.parameter): made}
            return [], {**named, **{field: getattr(made, field) for field in type(made).model_fields}}
        if self.style == "single":
            return [], {**named, str(self.parameter): value}
        if self.style == "none" or not isinstance(value, Mapping):
            return [], named
        return [], {**value, **named}


def make_validator(schema: Mapping[str, Any]) -> Any:
    """A validator that never fetches a reference from elsewhere."""
    import jsonschema
    import referencing

    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    return kind(schema, registry=referencing.Registry())


_cache: dict[Any, tuple[Any, Signature]] = {}
_CACHE_SIZE = 2000


def read_signature(name: str, handler: Callable[..., Any] | None, described: Any) -> Signature:
    """The signature of a tool, read once for all functions of the same code.

    Raises:
        ValidationFailed: The description is not a schema, or a parameter has a type that has none.
    """
    key = _cache_key(handler, described)
    found = _cache.get(key) if key is not None else None
    if found is not None and found[0] is described:
        return found[1]
    made = _read(name, handler, described)
    if key is not None:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[key] = (described, made)
    return made


def _cache_key(handler: Any, described: Any) -> Any:
    """Closures that are made anew at every render share their code, and with it their signature."""
    which = None if described is None else id(described)
    if handler is None:
        return (None, which) if described is not None else None
    code = getattr(handler, "__code__", None)
    if code is None:
        return None
    hints = getattr(handler, "__annotations__", {})
    if any(isinstance(hint, str) and free in hint for hint in hints.values() for free in code.co_freevars):
        return None
    kwdefaults = getattr(handler, "__kwdefaults__", None) or {}
    key = (code, handler.__defaults__, tuple(kwdefaults.items()), tuple(hints.items()), which)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _read(name: str, handler: Callable[..., Any] | None, described: Any) -> Signature:
    parameters, context, open_ended = _parameters(handler)
    if described is None:
        schema = _schema_of(name, parameters)
        if open_ended:
            schema.pop("additionalProperties", None)
        return Signature(schema, "kwargs" if parameters or open_ended else "none", context, None, None, [])
    model = described if hasattr(described, "model_json_schema") else None
    schema = described.model_json_schema() if model is not None else described
    if not isinstance(schema, Mapping):
        raise ValidationFailed(f"The input of tool {name} is described by a {type(schema).__name__}, not by a schema")
    schema = {"type": "object", **schema} if "type" not in schema and "$ref" not in schema else dict(schema)
    check_schema(name, schema)
    properties = schema.get("properties") or {}
    first = next(iter(parameters), None)
    if handler is None:
        return Signature(schema, "none", None, None, None, [])
    if len(parameters) == 1 and not open_ended and first is not None:
        whole = first not in properties if model is None else (first not in properties or parameters[first][0] is model)
        if whole:
            return Signature(schema, "single", context, first, model, [])
    if not parameters and not open_ended:
        return Signature(schema, "none", context, None, None, [])
    return Signature(schema, "kwargs", context, None, model, [])


def check_schema(name: str, schema: Mapping[str, Any]) -> None:
    """Raise ValidationFailed where a description is not a JSON schema of an object."""
    if schema.get("type", "object") != "object":
        raise ValidationFailed(f"The input schema of tool {name} must be of type object", place="input.type")
    check_json(schema, "input")
    import jsonschema

    try:
        jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        place = ".".join(str(p) for p in error.absolute_path)
        raise ValidationFailed(
            f"The input schema of tool {name} is not a JSON schema: {error.message}", place=place
        ) from None


def _parameters(handler: Callable[..., Any] | None) -> tuple[dict[str, tuple[Any, Any]], str | None, bool]:
    """Name → (type, default) of what the model gives; the parameter that takes the context; whether it takes more."""
    if handler is None:
        return {}, None, False
    from engine.tools.context import ToolContext

    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return {}, None, True
    hints = _hints(handler)
    found: dict[str, tuple[Any, Any]] = {}
    context = None
    open_ended = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            open_ended = True
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            continue
        hint = hints.get(parameter.name, parameter.annotation)
        if hint is ToolContext or hint == "ToolContext":
            context = parameter.name
            continue
        found[parameter.name] = (hint, parameter.default)
    return found, context, open_ended


def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    """Annotations of a function, strings resolved as far as that is possible, also against its closure."""
    function = inspect.unwrap(handler)
    if not hasattr(function, "__annotations__"):
        function = getattr(function, "__call__", function)  # noqa: B004
    local: dict[str, Any] = {}
    code = getattr(function, "__code__", None)
    for name, cell in zip(getattr(code, "co_freevars", ()), getattr(function, "__closure__", None) or (), strict=False):
        try:
            local[name] = cell.cell_contents
        except ValueError:
            continue
    try:
        return typing.get_type_hints(function, localns=local, include_extras=True)
    except Exception:  # noqa: BLE001 - whatever a name in a string leads to
        return dict(getattr(function, "__annotations__", {}))


def _schema_of(name: str, parameters: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    properties = {}
    required = []
    for parameter, (hint, default) in parameters.items():
        try:
            schema = type_schema(hint)
        except Exception as error:
            raise ValidationFailed(f"Parameter {parameter} of tool {name} has no JSON schema: {error}") from error
        if default is inspect.Parameter.empty:
            required.append(parameter)
        elif default is None or isinstance(default, str | int | float | bool):
            schema = {**schema, "default": default}
        properties[parameter] = schema
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = required
    made["additionalProperties"] = False
    return made


_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    list: {"type": "array"},
    dict: {"type": "object"},
    type(None): {"type": "null"},
    None: {"type": "null"},
    Any: {},
    object: {},
    inspect.Parameter.empty: {},
}


def type_schema(hint: Any) -> dict[str, Any]:
    """The JSON schema of a type: simple ones at once, the rest by pydantic."""
    try:
        simple = _SIMPLE.get(hint)
    except TypeError:
        simple = None
    if simple is not None:
        return dict(simple)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        described = {**type_schema(args[0])}
        for extra in args[1:]:
            if isinstance(extra, str):
                described["description"] = extra
            else:
                return _by_pydantic(hint)
        return described
    if origin is Literal and all(isinstance(a, str) for a in args):
        return {"type": "string", "enum": list(args)}
    if origin in (list, set, frozenset, tuple) and len(args) == 1:
        return {"type": "array", "items": type_schema(args[0])} | ({"uniqueItems": True} if origin is set else {})
    if origin is dict and len(args) == 2 and args[0] is str:
        return {"type": "object", "additionalProperties": type_schema(args[1])}
    if origin in (Union, types.UnionType):
        return {"anyOf": [type_schema(a) for a in args]}
    return _by_pydantic(hint)


def _by_pydantic(hint: Any) -> dict[str, Any]:
    import pydantic

    schema: dict[str, Any] = pydantic.TypeAdapter(hint).json_schema()
    return schema
