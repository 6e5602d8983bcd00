"""What agents may do, on screen: asked before an agent from a file can do it, listed, taken back."""

from widgets.permissions.consent import ConsentDialog, ConsentRow

__all__ = ["ConsentDialog", "ConsentRow"]
