"""Every action of the window, as data: menus, shortcuts, the command palette and the list of shortcuts come from here.

An action names a command by id; ``window.commands`` says what each id does and when it can. Not here: code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from widgets.actions import TREE_ACTIONS, TreeAction

Menu = Literal["file", "edit", "view", "session", "help", ""]
When = Literal["always", "agent", "session", "running", "undo", "redo", "node"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing a person can do.

    Attributes:
        id: The command it runs.
        text: Sentence case, a verb first.
        menu: Which menu it stands in; "" for none.
        shortcut: In Qt's portable notation, several apart by ``"; "``; "" for none. A person may choose others.
        icon: Lucide name.
        when: What must be there for it to make sense.
        tree: True for what is done to the tree (``widgets.actions``): its keys work only while the tree has the
            focus; elsewhere they mean something else.
        palette: False keeps it out of the command palette.
    """

    id: str
    text: str
    menu: Menu = ""
    shortcut: str = ""
    icon: str = ""
    when: When = "always"
    tree: bool = False
    palette: bool = True
    tip: str = ""


def _of_tree(action: TreeAction) -> ActionSpec:
    when: When = "agent" if action.needs == "document" else "node"
    return ActionSpec(
        action.id, action.text, action.menu, action.keys, action.icon, when, tree=True, tip=action.tip or action.text
    )


_WINDOW: tuple[ActionSpec, ...] = (
    ActionSpec("agent.new", "New agent…", "file", "Ctrl+Shift+N", "plus", tip="Choose a template or start empty"),
    ActionSpec("agent.import", "Open agent file…", "file", "Ctrl+O", "folder-open", tip="Import a .bough.json file"),
    ActionSpec("agent.export", "Save agent as file…", "file", "Ctrl+Shift+S", "download", "agent"),
    ActionSpec("agent.export_python", "Export as Python…", "file", "", "file-code", "agent"),
    ActionSpec("agent.export_json", "Export as JSON with its schema…", "file", "", "braces", "agent"),
    ActionSpec("agent.copy_json", "Copy agent as JSON", "file", "", "copy", "agent"),
    ActionSpec("agent.save_now", "Save now", "file", "Ctrl+S", "save", "agent", palette=False),
    ActionSpec("agent.trash", "Delete agent", "file", "", "trash-2", "agent"),
    ActionSpec("page.settings", "Settings", "file", "Ctrl+,", "settings"),
    ActionSpec("page.permissions", "Permissions", "file", "", "shield-check", tip="What agents may do without asking"),
    ActionSpec("quit", "Quit", "file", "Ctrl+Q", "log-out"),
    ActionSpec("edit.undo", "Undo", "edit", "Ctrl+Z", "undo-2", "undo"),
    ActionSpec("edit.redo", "Redo", "edit", "Ctrl+Shift+Z", "redo-2", "redo"),
    ActionSpec("find.replace", "Find and replace in texts…", "edit", "Ctrl+H", "replace", "agent"),
    ActionSpec("edit.add", "Add a node…", "edit", "Ctrl+Shift+A", "plus", "agent"),
    ActionSpec("session.new", "New session", "session", "Ctrl+N", "message-square-plus", "agent"),
    ActionSpec("session.rename", "Rename session…", "session", "F2", "pencil", "session"),
    ActionSpec("session.trash", "Delete session", "session", "", "trash-2", "session"),
    ActionSpec("session.stop", "Stop the reply", "session", "Ctrl+.", "square", "running"),
    ActionSpec("session.focus", "Write to the agent", "session", "Ctrl+L", "message-square", "agent"),
    ActionSpec("model.choose", "Choose the model…", "session", "Ctrl+M", "cpu", "agent"),
    ActionSpec("palette", "Find a command", "view", "Ctrl+K", "search", palette=False),
    ActionSpec("page.agents", "Agents", "view", "Ctrl+1", "layout-grid"),
    ActionSpec("page.sessions", "Sessions", "view", "Ctrl+2", "messages-square"),
    ActionSpec("page.library", "Library", "view", "Ctrl+4", "shapes"),
    ActionSpec("page.workspace", "Open agent", "view", "Ctrl+3", "git-branch", "agent"),
    ActionSpec("sessions.search", "Find in all sessions", "view", "Ctrl+Shift+F", "search"),
    ActionSpec("view.tree", "Show or hide the tree", "view", "Ctrl+Alt+1", "panel-left", "agent"),
    ActionSpec("view.middle", "Show or hide properties", "view", "Ctrl+Alt+2", "panel-right", "agent"),
    ActionSpec("view.chat", "Show or hide the chat", "view", "Ctrl+Alt+3", "message-square", "agent"),
    ActionSpec("view.properties", "Properties", "view", "Ctrl+Alt+P", "sliders-horizontal", "agent"),
    ActionSpec("view.context", "What the model sees", "view", "Ctrl+Alt+M", "eye", "agent"),
    ActionSpec(
        "agent.versions", "Versions", "view", "Ctrl+Alt+V", "history", "agent", tip="What changed, and going back"
    ),
    ActionSpec("view.problems", "Problems", "view", "Ctrl+Shift+M", "circle-alert", "agent"),
    ActionSpec("pane.next", "Go to the next pane", "view", "F6", "", palette=False),
    ActionSpec("pane.previous", "Go to the pane before", "view", "Shift+F6", "", palette=False),
    ActionSpec("theme.toggle", "Switch between light and dark", "view", "", "moon"),
    ActionSpec("help.shortcuts", "Keyboard shortcuts", "help", "F1", "keyboard"),
    ActionSpec("help.data", "Show the data folder", "help", "", "folder-open"),
    ActionSpec("help.about", "About Bough", "help", "", "info"),
)

ACTIONS: tuple[ActionSpec, ...] = (*_WINDOW, *(_of_tree(action) for action in TREE_ACTIONS))

MENUS: tuple[tuple[Menu, str], ...] = (
    ("file", "File"),
    ("edit", "Edit"),
    ("session", "Session"),
    ("view", "View"),
    ("help", "Help"),
)

BY_ID = {action.id: action for action in ACTIONS}
