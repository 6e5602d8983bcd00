"""Qt widgets of Bough: tree editor, forms, context view, chat, session list. Nothing here imports ``app``."""
