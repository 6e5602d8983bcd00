"""Tests of what steps do to the world."""
