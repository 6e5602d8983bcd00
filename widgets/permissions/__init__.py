"""What agents may do, on screen: asked before an agent from a file can do it, listed, taken back."""

from widgets.permissions.consent import ConsentDialog, ConsentRow
from widgets.permissions.page import PermissionGroup, PermissionLine, PermissionsPage

__all__ = ["ConsentDialog", "ConsentRow", "PermissionGroup", "PermissionLine", "PermissionsPage"]
