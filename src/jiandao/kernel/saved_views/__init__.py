"""Saved views: how somebody filtered and sorted a list, kept under a name of its own."""

from jiandao.kernel.saved_views.keeping import MOST, ViewFault, alert, delete, make_default, of, rename, save
from jiandao.kernel.saved_views.models import SavedView

__all__ = ["MOST", "SavedView", "ViewFault", "alert", "delete", "make_default", "of", "rename", "save"]
