"""JSON documents: one value a file, each name once in an object, large lists read a piece at a time.

Of a document of hundreds of megabytes only a piece and what the caller makes of it stand in memory.
"""

import codecs
import json
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import IO, Any

from jiandao.engines.files import BadInputError, TwiceError, once

LARGEST = 1 << 29  # bytes of a document
_PIECE = 1 << 20
_LONGEST = 1 << 26  # characters of one value
_LONGEST_WORD = 32  # of true, -Infinity and the like
_AFTER = frozenset(" \t\r\n,:]}")
_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_DEEPEST = 6  # faults are told at this depth at most


class NumberError(ValueError):
    """A number that cannot be meant; `word`: as it stands in the text."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


@dataclass(frozen=True, slots=True)
class Part:
    """A member of the document's object, or of a list or an object in it that is read by its items.

    `name`: of the member; `item`: None for the member itself, an index or a name for an item; `line`: where it begins, in a
    document where it is `text`.
    """

    name: str
    item: int | str | None
    value: Any
    line: int
    text: str

    @property
    def place(self) -> str:
        if self.item is None:
            return self.name
        return f"{self.name}[{self.item}]" if isinstance(self.item, int) else f"{self.name}.{self.item}"

    def line_of(self, place: str) -> int:
        """The line of a place within, like `uses.2026`, or of the nearest thing around it."""
        lines = lines_of(self.text)
        while place and place not in lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return self.line + lines.get(place, 1) - 1


def parts(
    path: Path, expected: str, decoder: json.JSONDecoder, *, by_item: frozenset[str], largest: int = LARGEST
) -> Iterator[Part]:
    """The members of the object that a file holds. Of those named in by_item first an empty one, then its items.

    Raises BadInputError for what is no such file, `FILE:LINE: …, expected EXPECTED`, at once for one that is too large.
    """
    try:
        with path.open("rb") as file:
            yield from _Reading(path, file, expected, decoder, largest).members(by_item)
    except OSError as error:
        raise BadInputError(
            f"{path}:1: the file cannot be read ({error.strerror}); check its name and rights"
        ) from error


def document(path: Path, expected: str, decoder: json.JSONDecoder, *, largest: int = LARGEST) -> tuple[str, Any]:
    """The text of a file and its value, whole. Raises BadInputError like parts."""
    try:
        with path.open("rb") as file:
            return _Reading(path, file, expected, decoder, largest).whole()
    except OSError as error:
        raise BadInputError(
            f"{path}:1: the file cannot be read ({error.strerror}); check its name and rights"
        ) from error


class _Reading:
    """A window on the text: what stands before `at` is done, what follows is read as it is asked for."""

    def __init__(self, path: Path, file: IO[bytes], expected: str, decoder: json.JSONDecoder, largest: int) -> None:
        self._path, self._file, self._expected, self._decoder = path, file, expected, decoder
        self._largest, self._count = largest, 0
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._ended = "", 0, False
        self._line, self._column = 1, 0  # where the window begins
        self._counted, self._lines = 0, 0  # up to there the window has so many ends of lines
        self._begun = 0
        self._something = False  # besides space
        status = file.seekable() and path.stat()
        if status and stat.S_ISREG(status.st_mode) and status.st_size > largest:
            self._too_large(status.st_size)

    def whole(self) -> tuple[str, Any]:
        while not self._ended:
            self._more()
        self._at = _SPACE.match(self._text).end()  # type: ignore[union-attr]
        value = self._value()
        self._end()
        return self._text, value

    def members(self, by_item: frozenset[str]) -> Iterator[Part]:
        if self._sign() != "{":
            if self._sign():
                self._value()
                self._end()
                raise self._fault("is no JSON object", 0)
            raise self._wrong("Expecting value")
        for name in self._items("{"):
            opened = self._sign()
            if name in by_item and opened in "[{":
                yield Part(str(name), None, [] if opened == "[" else {}, self._line_now(), "")
                for item in self._items(opened):
                    yield self._part(str(name), item)
            else:
                yield self._part(str(name), None)
        self._end()

    def _items(self, opened: str) -> Iterator[str | int]:
        """Of the list or object that begins here each name or index, its value next; the caller reads that."""
        known: set[str] = set()
        shut = "]" if opened == "[" else "}"
        self._at += 1
        number = 0
        while self._sign() != shut or number:
            if opened == "{":
                if self._sign() != '"':
                    raise self._wrong("Expecting property name enclosed in double quotes")
                line = self._line_now()
                name = self._value()
                if name in known:
                    raise self._twice(repr(name), line)
                known.add(name)
                if self._sign() != ":":
                    raise self._wrong("Expecting ':' delimiter")
                self._at += 1
                yield name
            else:
                yield number
            number += 1
            sign = self._sign()
            if sign == shut:
                break
            if sign != ",":
                raise self._wrong("Expecting ',' delimiter")
            self._at += 1
        self._at += 1

    def _part(self, name: str, item: int | str | None) -> Part:
        self._sign()
        line, value = self._line_now(), self._value()
        return Part(name, item, value, line, self._text[self._begun : self._at])

    def _sign(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                self._something = True
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _value(self) -> Any:
        """The value that begins here; more is read until it is whole."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                long = len(self._text) - self._at > _LONGEST
                if long and not self._ended and self._unfinished(error):
                    raise self._fault(
                        f"a value has {_LONGEST:,} characters or more, expected fewer", self._at, told=True
                    ) from error
                if long or self._ended:
                    raise self._wrong(error.msg, error.pos) from error
            except TwiceError as error:
                raise self._twice(str(error), self._line_at(_second(self._text[self._at :]) + self._at)) from error
            except NumberError as error:
                raise self._fault(f"{error}", self._text.find(error.word, self._at), told=True) from error
            except (ValueError, RecursionError) as error:
                raise self._fault("is nested too deep or has too large numbers", self._at) from error
            else:
                # What looks like 12 may be the beginning of 12.5.
                if self._ended or self._text[end : end + 1] in _AFTER or len(self._text) - self._at > _LONGEST:
                    self._begun, self._at = self._at, end
                    return value
            self._more()

    def _unfinished(self, error: json.JSONDecodeError) -> bool:
        """Whether nothing is wrong but that the window ends."""
        return error.pos > len(self._text) - _LONGEST_WORD or error.msg.startswith("Unterminated string")

    def _end(self) -> None:
        if self._sign():
            raise self._wrong("Extra data")

    def _more(self) -> None:
        """Read on, at least as much again as is left, so that a long value is not tried too often."""
        done = self._line_now() - self._line
        self._line += done
        self._column = self._at - self._text.rfind("\n", 0, self._at) - 1 if done else self._column + self._at
        self._text = self._text[self._at :]
        self._at = self._counted = self._lines = 0
        raw = self._file.read(max(_PIECE, len(self._text)))
        self._count += len(raw)
        if self._count > self._largest:
            self._too_large(self._count)
        self._ended = not raw
        try:
            self._text += self._utf8.decode(raw, final=self._ended)
        except UnicodeDecodeError as error:
            line = self._line + self._text.count("\n") + raw[: error.start].count(b"\n")
            raise BadInputError(f"{self._path}:{line}: not UTF-8, expected UTF-8; save the file as UTF-8") from error

    def _line_now(self) -> int:
        if self._at > self._counted:
            self._lines += self._text.count("\n", self._counted, self._at)
            self._counted = self._at
        return self._line + self._lines

    def _line_at(self, at: int) -> int:
        return self._line + self._text.count("\n", 0, max(at, 0))

    def _wrong(self, message: str, at: int | None = None) -> BadInputError:
        at = self._at if at is None else at
        if not self._something and not self._text.strip():
            return self._fault("the file is empty", 0)
        before = self._text.rfind("\n", 0, at)
        column = at - before if before >= 0 else self._column + at + 1
        return self._fault(f"not JSON ({message}, column {column})", at)

    def _fault(self, sentence: str, at: int, *, told: bool = False) -> BadInputError:
        more = "" if told else f", expected {self._expected}"
        return BadInputError(f"{self._path}:{self._line_at(at)}: {sentence}{more}")

    def _twice(self, name: str, line: int) -> BadInputError:
        return BadInputError(f"{self._path}:{line}: the name {name} stands twice in an object, expected once")

    def _too_large(self, size: int) -> None:
        raise BadInputError(
            f"{self._path}:1: the file has {size:,} bytes or more, expected at most {self._largest:,}; split it"
        )


def _values(text: str) -> Iterator[tuple[str, int, int]]:
    """(path, place in the text, depth) of each value of a text that is JSON. Not recursive."""
    stack: list[list[str | int]] = []  # the path of an open object, or of a list with the next index
    at, path, in_list = 0, "", False
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text):
            return
        sign = text[at]
        if sign in "]}":
            stack.pop()
            in_list = bool(stack) and len(stack[-1]) == 2
            at += 1
        elif sign == ",":
            at += 1
        else:
            begin = at
            if in_list:
                path = f"{stack[-1][0]}[{stack[-1][1]}]"
                stack[-1][1] = int(stack[-1][1]) + 1
            elif stack:
                key, at = scanstring(text, at + 1, False)
                path = f"{stack[-1][0]}.{key}" if stack[-1][0] else key
                at = _SPACE.match(text, at).end() + 1  # type: ignore[union-attr]
                at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
            yield path, begin, len(stack)
            sign = text[at]
            if sign in "[{":
                stack.append([path, 0] if sign == "[" else [path])
                in_list = sign == "["
                at += 1
            elif sign == '"':
                at = scanstring(text, at + 1, False)[1]
            else:
                at = _SCALAR.match(text, at).end()  # type: ignore[union-attr]


@lru_cache(maxsize=1)  # of many faults of one part
def lines_of(text: str) -> dict[str, int]:
    """From a path like `projects[3].uses.2026` to the number of its line, for a text that is JSON."""
    found: dict[str, int] = {}
    line, counted = 1, 0
    for path, at, depth in _values(text):
        if depth <= _DEEPEST:
            line += text.count("\n", counted, at)
            counted = at
            found.setdefault(path, line)
    return found


def _second(text: str) -> int:
    """Where the name stands that is the first to stand twice in an object."""
    known: set[str] = set()
    for path, at, _ in _values(text):
        if path in known:
            return at
        known.add(path)
    return 0


def decoder(
    parse_float: Callable[[str], Any] | None = None,
    parse_int: Callable[[str], Any] | None = None,
    parse_constant: Callable[[str], Any] | None = None,
) -> json.JSONDecoder:
    """A decoder that takes a name once in each object, with numbers as given."""
    return json.JSONDecoder(
        object_pairs_hook=once, parse_float=parse_float, parse_int=parse_int, parse_constant=parse_constant
    )
