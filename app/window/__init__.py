"""The main window: sidebar, pages and what is drawn around an open agent."""
