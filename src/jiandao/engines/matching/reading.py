"""Documents, items and profiles of the files that the commands of matching read."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jiandao.engines.files import Faults, json_lines
from jiandao.engines.matching.affinity import Item, Profile, Work
from jiandao.engines.matching.affinity_space import Parts
from jiandao.engines.matching.records import Document, check_id

_YEARS = (1800, 2200)


def documents(path: Path, faults: Faults) -> Iterator[Document]:
    """Documents of a file in its order. What is none, or bears an id of an earlier line, becomes a fault."""
    for document, _ in _documents(path, faults):
        yield document


def items(path: Path, faults: Faults) -> Iterator[Item]:
    """Documents that name in `authors` and `excluded` the profiles that get no score for them."""
    for document, (number, values) in _documents(path, faults):
        try:
            left_out = frozenset([*_strings(values, "authors"), *_strings(values, "excluded")])
        except ValueError as error:
            faults.add(path, number, str(error))
            continue
        yield Item(document, left_out)


def profiles(path: Path, faults: Faults) -> Iterator[Profile]:
    """Profiles: an id and `documents`, a list of objects with title, text or keywords, and if known id, year or date."""
    seen: set[str] = set()
    for number, values in json_lines(path, faults):
        try:
            profile = _profile(values)
        except ValueError as error:
            faults.add(path, number, str(error))
            continue
        if _is_new(profile.id, seen, path, number, faults):
            yield profile


def _documents(path: Path, faults: Faults) -> Iterator[tuple[Document, tuple[int, dict[str, Any]]]]:
    seen: set[str] = set()
    for number, values in json_lines(path, faults):
        try:
            document = _document(values)
        except ValueError as error:
            faults.add(path, number, str(error))
            continue
        if _is_new(document.id, seen, path, number, faults):
            yield document, (number, values)


def _is_new(name: str, seen: set[str], path: Path, number: int, faults: Faults) -> bool:
    if name in seen:
        faults.add(path, number, f"the id {name} stands on an earlier line too, expected each id once")
        return False
    seen.add(name)
    return True


def _document(values: Mapping[str, Any]) -> Document:
    """A line's object as a document. Keys that are not ours are passed over."""
    return Document(
        id=_id(values),
        **_parts(values),
        language=_string(values, "language"),
    )


def _id(values: Mapping[str, Any]) -> str:
    if "id" not in values:
        raise ValueError("there is no id, expected an id of 1 to 200 characters")
    return _string(values, "id")


def _parts(values: Mapping[str, Any]) -> dict[str, Any]:
    if not any(name in values for name in ("title", "text", "keywords")):
        raise ValueError("there is none of title, text and keywords, expected at least one")
    return {
        "title": _string(values, "title"),
        "text": _string(values, "text"),
        "keywords": _strings(values, "keywords"),
    }


def _string(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a string, expected a string")
    return value


def _strings(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = values.get(name, [])
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        raise ValueError(f"{name} is not a list of strings, expected a list of strings")
    return tuple(found)


def _profile(values: Mapping[str, Any]) -> Profile:
    name = _id(values)
    check_id(name)
    found = values.get("documents")
    if not isinstance(found, list) or not all(isinstance(value, dict) for value in found):
        raise ValueError("documents is not a list of objects, expected a list of objects, [] for none")
    works = []
    for place, value in enumerate(found, 1):
        try:
            works.append(_work(value))
        except ValueError as error:
            raise ValueError(f"in its document {place} {error}") from None
    return Profile(name, tuple(works))


def _work(values: Mapping[str, Any]) -> Work:
    if "id" in values:
        check_id(_string(values, "id"))
    checked = Document(values.get("id", "-"), **_parts(values))
    return Work(Parts.of(checked), values.get("id", ""), _when(values))


def _when(values: Mapping[str, Any]) -> float | None:
    """`date` or `year` in years."""
    if "date" in values:
        told = values["date"]
        try:
            day = date.fromisoformat((str(told) + "-01-01"[len(str(told)) - 4 :])[:10])
        except ValueError:
            raise ValueError(f"date is {told!r:.40}, expected 2024-05-31, 2024-05 or 2024") from None
        return day.year + (day.timetuple().tm_yday - 1) / 366
    if "year" not in values:
        return None
    told = values["year"]
    if not isinstance(told, int) or isinstance(told, bool) or not _YEARS[0] <= told <= _YEARS[1]:
        raise ValueError(f"year is {told!r:.40}, expected a whole number from {_YEARS[0]} to {_YEARS[1]}")
    return float(told)
