"""Pages of introductions and cooperations."""
