"""Loading the vocabularies that the code brings."""


def load_vocabularies() -> None:
    """Nothing yet."""
