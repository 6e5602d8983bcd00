"""For testing agents: scripted models, compiling once, replay."""

from engine.testing.compiling import compile_once
from engine.testing.scripted import Reply, ScriptedModel, ToolCall

__all__ = ["Reply", "ScriptedModel", "ToolCall", "compile_once"]
