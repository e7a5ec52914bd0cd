"""Nothing typed is lost: unsaved forms are rows, and a stale save shows both texts."""
