"""Characters that no database text holds (NUL, and halves of a surrogate pair: nobody types them; attackers and broken
programs send them), and texts of which nothing is seen."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    """Whether the database can keep a text as it is."""
    return _UNSTORABLE.search(text) is None


def is_blank(text: str) -> bool:
    """Whether nothing of a text is seen: it is empty, or of spaces, zero-width and control characters."""
    return all(unicodedata.category(one)[0] in "ZC" for one in text)


def all_storable(value: Any) -> bool:
    """The same for everything inside lists and objects, names included."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return all(all_storable(name) and all_storable(one) for name, one in value.items())
    return all(all_storable(one) for one in value) if isinstance(value, list) else True


def names_in(value: Any) -> Iterator[str]:
    """Every name in nested objects."""
    if isinstance(value, dict):
        yield from value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(one)


def without_unstorable(value: Any) -> Any:
    """A value of texts, lists and objects without these characters."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, dict):
        return {without_unstorable(name): without_unstorable(one) for name, one in value.items()}
    return [without_unstorable(one) for one in value] if isinstance(value, list) else value
