"""Tool servers that speak the Model Context Protocol, for agents that name them.

Here: what a server is (``config``), what it offers (``listing``), one running server (``server``) and all of an agent
(``pool``), trying one out (``probe``). Not here: the node kind (``engine.blueprint.kinds.mcp_server``). The client
library is imported by the first connection, never by importing this package.
"""
