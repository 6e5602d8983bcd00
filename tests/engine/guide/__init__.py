"""The guide of the engine, held to the code."""
