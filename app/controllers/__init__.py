"""One controller per page besides the workspace: they connect what a page asks for with the services."""
