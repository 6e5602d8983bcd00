"""Nothing but the window itself comes up when the program starts: no piece of it flashes up as a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from engine.testing import ScriptedModel
from tests.app.helpers import at_the_window


class _Watch(QObject):
    """Writes down which widgets come up as windows."""

    def __init__(self, app: QObject) -> None:
        super().__init__()
        self.seen: list[str] = []
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            kind = watched.windowFlags() & Qt.WindowType.WindowType_Mask
            if kind == Qt.WindowType.Window:
                self.seen.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


@at_the_window
async def test_no_piece_comes_up_as_a_window(start):
    app = QApplication.instance()
    assert app is not None
    watch = _Watch(app)
    try:
        person = await start(ScriptedModel())
        await person.begins("notepad")
        for page in ("sessions", "library", "settings", "agents"):
            person.desk.go(page)
    finally:
        app.removeEventFilter(watch)
    assert watch.seen == ["MainWindow mainWindow"]
