"""Tables in files: reading xlsx, csv and json with errors by cell, and writing them so that no formula can hide."""
