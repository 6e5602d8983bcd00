"""Testing an address and a key, and listing the models behind them, for Settings. Not here: calling a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import ModelError
from engine.model import ModelInfo
from engine.models.anthropic_client import is_official, make_client
from engine.models.anthropic_errors import from_exception
from engine.models.prices import PriceList
from engine.models.provider_tools import PROGRAMMATIC

if TYPE_CHECKING:
    import anthropic

Outcome = Literal["ok", "wrong_key", "no_key", "unreachable", "not_this_protocol", "no_models_list", "busy", "failed"]
_MAX_MODELS = 500
_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """What came of a test.

    Attributes:
        outcome: In one word; ``no_models_list`` means that the server answers but a model's name has to be typed.
        text: A sentence for a person.
        models: The models that can be chosen, newest first.
    """

    outcome: Outcome
    text: str
    models: tuple[ModelInfo, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the connection can be used."""
        return self.outcome in ("ok", "no_models_list", "busy")


async def list_models(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    prices: PriceList | None = None,
    timeout: float = _TIMEOUT,
) -> tuple[ModelInfo, ...]:
    """The models that this key can use at this address (None: Anthropic), newest first.

    Raises:
        ModelError: The list could not be had.
    """
    return (await _models(base_url, api_key, prices, timeout))[0]


async def _models(
    base_url: str | None, api_key: str | None, prices: PriceList | None, timeout: float
) -> tuple[tuple[ModelInfo, ...], bool]:
    """The models, and whether the list looks like one of this protocol."""
    client = make_client(api_key, base_url, timeout=timeout)
    try:
        return await _list(client, base_url, prices or PriceList())
    except ModelError:
        raise
    except Exception as error:
        raise from_exception(error, base_url or "Anthropic") from error
    finally:
        await client.close()


async def check_connection(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    prices: PriceList | None = None,
    timeout: float = _TIMEOUT,
) -> ConnectionCheck:
    """Try the address and the key; never raises, the outcome says everything."""
    place = base_url or "Anthropic"
    try:
        models, of_protocol = await _models(base_url, api_key, prices, timeout)
    except ModelError as error:
        return await _explain(error, base_url, api_key, timeout)
    if not of_protocol:  # other protocols have a list at the same place
        check = await _probe(base_url, api_key, timeout)
        if not check.ok:
            return check
    if not models:
        return ConnectionCheck("no_models_list", f"{place} answers, but lists no models. Type the model's name.")
    count = "one model" if len(models) == 1 else f"{len(models)} models"
    return ConnectionCheck("ok", f"Connected. {count[0].upper()}{count[1:]} can be used.", models)


async def _explain(error: ModelError, base_url: str | None, api_key: str | None, timeout: float) -> ConnectionCheck:
    place = base_url or "Anthropic"
    if error.kind == "authentication":
        if not api_key:
            return ConnectionCheck("no_key", f"{place} asks for a key. Enter it below.")
        return ConnectionCheck("wrong_key", f"{place} does not accept this key. Check that all of it was copied.")
    if error.kind == "permission":
        return ConnectionCheck("wrong_key", f"{place} knows this key, but it may not be used for that.")
    if error.kind in ("connection", "timeout") and error.status is None:
        return ConnectionCheck("unreachable", str(error))
    if error.kind in ("rate_limit", "overloaded"):
        return ConnectionCheck("busy", f"{place} answers, but is too busy at the moment.")
    if error.kind in ("not_found", "unsupported") and not is_official(base_url):
        return await _probe(base_url, api_key, timeout)
    if error.kind == "invalid_request" and error.status is None:
        return ConnectionCheck("failed", str(error))
    return ConnectionCheck("failed", f"{place} could not be tested. {error}")


async def _probe(base_url: str | None, api_key: str | None, timeout: float) -> ConnectionCheck:
    """A server without a list of models: does it know messages at all? An empty request costs nothing."""
    import anthropic

    client = make_client(api_key, base_url, timeout=timeout)
    strange = ConnectionCheck(
        "not_this_protocol",
        f"Something answers at {base_url}, but it does not speak the Anthropic Messages protocol. Check the address.",
    )
    try:
        await client.messages.count_tokens(model="?", messages=[])
    except anthropic.APIStatusError as error:
        known = _is_protocol_error(error.body)
        if error.status_code in (401, 403) and known:
            return ConnectionCheck("wrong_key", f"{base_url} does not accept this key.")
        if not known or error.status_code == 404:
            return await _probe_messages(client, base_url, strange)
    except Exception as error:  # noqa: BLE001 - translated into an outcome
        translated = from_exception(error, base_url or "")
        return strange if translated.kind == "unknown" else ConnectionCheck("failed", str(translated))
    finally:
        await client.close()
    return _typed(base_url)


async def _probe_messages(
    client: anthropic.AsyncAnthropic, base_url: str | None, strange: ConnectionCheck
) -> ConnectionCheck:
    import anthropic

    try:
        # No messages: refused by every server of this protocol before any model runs.
        await client.messages.create(model="?", messages=[], max_tokens=1)
    except anthropic.APIStatusError as error:
        if _is_protocol_error(error.body) and not (error.status_code == 404 and "route" in str(error).lower()):
            return _typed(base_url)
        return strange
    except Exception as error:  # noqa: BLE001 - translated into an outcome
        translated = from_exception(error, base_url or "")
        return strange if translated.kind == "unknown" else ConnectionCheck("failed", str(translated))
    return _typed(base_url)


def _typed(base_url: str | None) -> ConnectionCheck:
    return ConnectionCheck("no_models_list", f"{base_url} answers, but has no list of models. Type the model's name.")


def _is_protocol_error(body: Any) -> bool:
    return isinstance(body, dict) and body.get("type") == "error" and isinstance(body.get("error"), dict)


async def _list(
    client: anthropic.AsyncAnthropic, base_url: str | None, prices: PriceList
) -> tuple[tuple[ModelInfo, ...], bool]:
    found: list[ModelInfo] = []
    of_protocol = True
    page = await client.models.list(limit=100)
    if not isinstance(getattr(page, "data", None), list):
        raise ModelError("The answer is not a list of models.", kind="unsupported")
    async for model in page:
        info = model_info(model, base_url, prices)
        of_protocol = of_protocol and getattr(model, "type", None) == "model"
        if info is not None:
            found.append(info)
        if len(found) >= _MAX_MODELS:
            break
    return tuple(found), of_protocol


def model_info(model: Any, base_url: str | None, prices: PriceList) -> ModelInfo | None:
    """What a list of models says of one of them; None where it does not even say its name."""
    name = getattr(model, "id", None)
    if not isinstance(name, str) or not name:
        return None
    official = is_official(base_url)
    entry = prices.find(name)
    return ModelInfo(
        name=name,
        label=getattr(model, "display_name", None) or name,
        provider="anthropic" if official else "server",
        context_window=_number(getattr(model, "max_input_tokens", None)),
        max_output_tokens=_number(getattr(model, "max_tokens", None)),
        prices=entry.prices if entry is not None else None,
        abilities=_abilities(getattr(model, "capabilities", None), official),
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _abilities(capabilities: Any, official: bool) -> frozenset[str]:
    abilities = {"tools"}
    if official:
        abilities |= {"prompt_caching", "count_tokens"}
    names = {
        "image_input": "images", "pdf_input": "documents", "thinking": "thinking",
        "structured_outputs": "structured_output", "server_tools": "provider_tools", "code_execution": PROGRAMMATIC,
    }  # fmt: skip
    for wire, ability in names.items():
        if getattr(getattr(capabilities, wire, None), "supported", False):
            abilities.add(ability)
    return frozenset(abilities)
