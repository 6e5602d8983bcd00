"""An open agent: its document, its sessions, and the controllers between engine and widgets."""
