"""Sessions: one conversation each, with its tree, its timeline and its executions."""
