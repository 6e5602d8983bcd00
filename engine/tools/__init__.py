"""Tools: their definition, their schema, and running them."""
