"""For testing agents: scripted models, compiling once, replay."""

from engine.testing.compiling import compile_once
from engine.testing.replaying import Divergence, Replay, replay
from engine.testing.scripted import Reply, ScriptedModel, ToolCall

__all__ = ["Divergence", "Replay", "Reply", "ScriptedModel", "ToolCall", "compile_once", "replay"]
