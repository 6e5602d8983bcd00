"""Tests of the parts of the engine's heart."""
