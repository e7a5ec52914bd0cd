"""Pages that belong to no stage."""
