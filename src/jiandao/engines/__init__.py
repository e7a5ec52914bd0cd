"""Mathematics and text. Plain Python and NumPy; knows no Django, no database, no network."""
