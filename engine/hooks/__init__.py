"""Hooks: what a component can keep, read and be called for."""
