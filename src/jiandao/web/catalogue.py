"""The Chinese message catalogue: `python -m jiandao.web.catalogue update|check|compile`.

Sources are English; `web/locale/zh_Hans/LC_MESSAGES/django.po` is the one catalogue of the whole package. The tool
reads every Python file and every template below `jiandao` (cotton's components too) and needs no gettext.

- `update` adds new messages with an empty translation, drops those that no source has any more, keeps all others;
- `check` fails when a message has no translation, a translation lost a placeholder, an entry is stale, or `update`
  would write anything else;
- `compile` writes the `.mo` files; `update` does so too.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from jiandao.web.assets import compile_catalogues

PACKAGE = Path(__file__).resolve().parents[1]
PO = PACKAGE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = """\
# Chinese (Simplified) catalogue of Jiandao. The sources are English.
# Kept by: python -m jiandao.web.catalogue update
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]?\d*(?:\.\d+)?[a-zA-Z]|%[sd]|\{\w*\}")
CHINESE = re.compile(r"[一-鿿]")

Key = tuple[str, str | None]
Found = tuple[str | tuple[str, str], str | None]


def extract(package: Path = PACKAGE) -> Catalog:
    """Every message of the sources below `package`, with the files it stands in."""
    catalogue = Catalog(fuzzy=False)
    for file in sorted(package.rglob("*")):
        relative = file.relative_to(package)
        if "vendor" in relative.parts or not file.is_file():
            continue
        if file.suffix == ".py" and "migrations" not in relative.parts:
            source = file.read_bytes()
            found: Iterator[Found] = chain(_from_python(source), _purposes(source))
        elif file.suffix in {".html", ".txt"} and "templates" in relative.parts:
            # In brackets, because the tokens of a template have no meaningful indentation.
            template = templatize(file.read_text(encoding="utf-8"), origin=str(relative))
            found = _from_python(f"(\n{template}\n)".encode())
        else:
            continue
        for message, context in found:
            catalogue.add(message, locations=[(relative.as_posix(), 0)], context=context)
    return catalogue


def _from_python(source: bytes) -> Iterator[Found]:
    for _line, function, strings, _comments in extract_python(io.BytesIO(source), KEYWORDS, [], {"encoding": "utf-8"}):
        assert isinstance(function, str)
        parts = [strings] if isinstance(strings, str) else list(strings or ())
        context = None
        if function.startswith(("pgettext", "npgettext")):
            context = parts.pop(0) if parts else None
        plural = function.removesuffix("_lazy") in {"ngettext", "npgettext"}
        texts = parts[: 2 if plural else 1]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            continue  # not a literal: the call passes on what was extracted elsewhere
        yield (texts[0], texts[1]) if plural else texts[0], context


def read(po: Path = PO) -> Catalog:
    """The catalogue as it is; empty when there is none yet."""
    if not po.is_file():
        return Catalog(locale="zh_Hans", fuzzy=False)
    with po.open("rb") as stream:
        return read_po(stream, locale="zh_Hans")


def _purposes(source: bytes) -> Iterator[Found]:
    """What the routes of the API are for: the page of routes shows the first line of their docstrings."""
    if b"@endpoint(" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "endpoint"
            for one in node.decorator_list
        ):
            purpose = (ast.get_docstring(node) or "").split("\n", 1)[0]
            if purpose:
                yield purpose, None


def update(package: Path = PACKAGE, po: Path = PO) -> tuple[int, int]:
    """Bring the catalogue up to the sources; return how many messages were added and dropped."""
    text, added, dropped = _updated(package, po)
    po.parent.mkdir(parents=True, exist_ok=True)
    po.write_text(text, encoding="utf-8")
    return added, dropped


def _updated(package: Path, po: Path) -> tuple[str, int, int]:
    old, new = read(po), extract(package)
    known = {_key(message): message for message in _messages(old)}
    added = 0
    for message in _messages(new):
        before = known.pop(_key(message), None)
        if before is None:
            added += 1
        elif isinstance(message.id, tuple) == isinstance(before.id, tuple):
            message.string = before.string
    new.locale = "zh_Hans"  # one plural form
    for message in _messages(new):
        if isinstance(message.id, tuple):
            message.string = (*_texts(message.string), "")[:1]
    buffer = io.BytesIO()
    write_po(buffer, new, omit_header=True, include_lineno=False, sort_output=True, width=0)
    return HEADER + buffer.getvalue().decode(), added, len(known)


def check(package: Path = PACKAGE, po: Path = PO) -> list[str]:
    """What is wrong with the catalogue, one sentence each; empty when it is complete."""
    wrong = []
    there = {_key(message): message for message in _messages(read(po))}
    for message in _messages(extract(package)):
        key, where = _key(message), ", ".join(file for file, _ in message.locations)
        if CHINESE.search(key[0]):
            wrong.append(f"{where}: the source text {key[0]!r} is Chinese; write it in English and translate it.")
        translated = there.pop(key, None)
        texts = _texts(translated.string) if translated else []
        if translated is None or not texts or not all(texts):
            wrong.append(f"{where}: {key[0]!r} has no Chinese translation; run update and fill it in.")
            continue
        if translated.fuzzy:
            wrong.append(f"{where}: the translation of {key[0]!r} is marked fuzzy; confirm it and remove the mark.")
        wanted = set(PLACEHOLDER.findall(_texts(message.id)[-1]))
        wrong += [
            f"{where}: {key[0]!r} and its translation differ in placeholders: {text!r}."
            for text in texts
            if set(PLACEHOLDER.findall(text)) != wanted
        ]
    wrong += [f"{po.name}: {key[0]!r} stands in no source any more; run update." for key in there]
    if not wrong and _updated(package, po)[0] != po.read_text(encoding="utf-8"):
        wrong.append(f"{po.name}: sentences stand in other files than it says; run update.")
    return wrong


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _key(message: Message) -> Key:
    return _texts(message.id)[0], message.context


def _texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(v) for v in value] if isinstance(value, (tuple, list)) else []


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m jiandao.web.catalogue", description="Keeps the Chinese catalogue.")
    parser.add_argument("command", choices=["update", "check", "compile"])
    command = parser.parse_args(arguments).command
    if command == "check":
        wrong = check()
        sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong) or "The Chinese catalogue is complete.\n")
        return 1 if wrong else 0
    if command == "update":
        added, dropped = update()
        sys.stdout.write(f"{added} messages added, {dropped} dropped.\n")
    compile_catalogues(PACKAGE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
