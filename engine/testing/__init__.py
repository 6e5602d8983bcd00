"""For testing agents: scripted models, compiling once, recordings and their replay, requests compared."""

from engine.testing.compiling import compile_once
from engine.testing.differences import assert_same_request, first_difference, request_from_json, request_json
from engine.testing.recording import record
from engine.testing.replaying import Divergence, Replay, ReplayedTick, assert_replays, replay
from engine.testing.scripted import Reply, ScriptedModel, ToolCall

__all__ = [
    "Divergence",
    "Replay",
    "ReplayedTick",
    "Reply",
    "ScriptedModel",
    "ToolCall",
    "assert_replays",
    "assert_same_request",
    "compile_once",
    "first_difference",
    "record",
    "replay",
    "request_from_json",
    "request_json",
]
