"""Where in a JSON text each value stands. Only read once there is a fault to tell."""

import json
import re
from fractions import Fraction
from json.decoder import scanstring  # type: ignore[attr-defined]

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_DEEPEST = 6  # faults are told at this depth at most


def lines_of(text: str) -> dict[str, int]:
    """From a path like `projects[3].uses.2026` to the number of its line, for a text that is JSON. Not recursive."""
    found: dict[str, int] = {}
    line, counted = 1, 0
    stack: list[list[str | int]] = []  # the path of an open object, or of a list with the next index
    at, path, in_list = 0, "", False
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text):
            return found
        sign = text[at]
        if sign in "]}":
            stack.pop()
            in_list = bool(stack) and len(stack[-1]) == 2
            at += 1
        elif sign == ",":
            at += 1
        else:
            if in_list:
                path = f"{stack[-1][0]}[{stack[-1][1]}]"
                stack[-1][1] = int(stack[-1][1]) + 1
            elif stack:
                key, at = scanstring(text, at + 1, False)
                path = f"{stack[-1][0]}.{key}" if stack[-1][0] else key
                at = _SPACE.match(text, at).end() + 1  # type: ignore[union-attr]
                at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
            if len(stack) <= _DEEPEST:
                line += text.count("\n", counted, at)
                counted = at
                found.setdefault(path, line)
            sign = text[at]
            if sign in "[{":
                stack.append([path, 0] if sign == "[" else [path])
                in_list = sign == "["
                at += 1
            elif sign == '"':
                at = scanstring(text, at + 1, False)[1]
            else:
                at = _SCALAR.match(text, at).end()  # type: ignore[union-attr]


def line_of(lines: dict[str, int], path: str) -> int:
    """The line of a path, or of the nearest thing above it that has one."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 1)


def parse(text: str) -> object:
    """The JSON value with exact numbers (int, Fraction). Raises ValueError with one sentence.

    A key that stands twice in one object, NaN and Infinity are refused: each would be read differently by different
    programs.
    """
    try:
        return json.loads(
            text, parse_float=_fraction, parse_constant=_constant, object_pairs_hook=_object, parse_int=_whole
        )
    except RecursionError as error:
        raise ValueError("nested too deep, expected the form of a plan") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice} stands twice in one object, expected each key once")
    return made


def _constant(word: str) -> object:
    raise ValueError(f"the number {word}, expected finite numbers only")


def _whole(text: str) -> int:
    if len(text) > 40:
        raise ValueError(f"the number {text[:20]}… has too many digits, expected at most 15")
    return int(text)


def _fraction(text: str) -> object:
    exponent = text.lower().partition("e")[2]
    if len(text) > 40 or (exponent and abs(int(exponent)) > 30):
        raise ValueError(f"the number {text[:20]}… has too many digits, expected at most 15 before and after the point")
    return Fraction(text)
