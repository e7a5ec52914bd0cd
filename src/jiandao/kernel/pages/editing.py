"""The editor behind every form: what was typed is kept, a stale save shows both texts, nothing is lost.

A form's raw texts (as the browser sends them) are the common coin: a draft keeps them, a conflict compares them, a
choice puts them together again, and only then is anything validated.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from jiandao.kernel import clock
from jiandao.kernel.components import ConflictField
from jiandao.kernel.components.formats import yes_no
from jiandao.kernel.drafts.keeping import Key, StaleDraft, keep
from jiandao.kernel.drafts.models import Draft
from jiandao.kernel.texts import without_unstorable

CONTROL = frozenset({"csrfmiddlewaretoken", "version", "serial", "once", "then"})
TICKED = "on"  # what a browser sends of a box
Raw = dict[str, list[str]]


def raw_of_post(post: QueryDict) -> Raw:
    """What the browser sent, without the controls of the form."""
    return {name: list(values) for name, values in post.lists() if name not in CONTROL}


def raw_of_form(form: forms.BaseForm) -> Raw:
    """What an unbound form shows, as the browser would send it."""
    found: Raw = {}
    for bound in form:
        value = bound.value()
        if isinstance(bound.field, forms.BooleanField):  # of a box that is not ticked a browser sends nothing
            found[bound.html_name] = [TICKED] if bound.field.widget.check_test(value) else []
            continue
        if value is None and isinstance(bound.field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            value = []  # of a choice of several a browser sends nothing when none is chosen
        values = value if isinstance(value, list | tuple) else [value]
        shown = [bound.field.widget.format_value(one) if one is not None else "" for one in values]
        found[bound.html_name] = [
            str(part) for one in shown for part in (one if isinstance(one, list | tuple) else [one]) if part is not None
        ]
    return found


def as_post(raw: Mapping[str, Iterable[str]]) -> MultiValueDict[str, str]:
    """Raw texts as form data."""
    return MultiValueDict({name: list(values) for name, values in raw.items()})


def initial_of(form: forms.BaseForm, raw: Raw) -> dict[str, Any]:
    """Raw texts as initial values, so that an unbound form shows them and complains about nothing yet.

    What a browser leaves away is a box that is not ticked, or a choice of several of which none is chosen; of a field that
    is locked it sends nothing either.
    """
    several = (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)
    found: dict[str, Any] = {}
    for name, field in form.fields.items():
        texts = raw.get(name)
        if isinstance(field, forms.BooleanField | forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            texts = texts if texts is not None or field.disabled else []
        if texts is None:
            continue
        if isinstance(field, forms.BooleanField):
            found[name] = any(text not in {"", "False", "false"} for text in texts)
        else:
            found[name] = texts if isinstance(field, several) else (texts or [""])[0]
    return found


def rows_of(raw: Raw, prefix: str, names: Iterable[str], typed: Collection[str]) -> list[dict[str, str]]:
    """The rows of a formset in raw texts; those without any text in a field of `typed` are left out."""
    names = list(names)
    count = number((raw.get(f"{prefix}-TOTAL_FORMS") or ["0"])[0])
    rows = [{name: (raw.get(f"{prefix}-{i}-{name}") or [""])[0] for name in names} for i in range(min(count, 200))]
    return [row for row in rows if any(row.get(name) for name in typed)]


def raw_of_rows(prefix: str, rows: Iterable[Mapping[str, str]]) -> Raw:
    """Rows as the raw texts of a formset."""
    rows = list(rows)
    found: Raw = {f"{prefix}-TOTAL_FORMS": [str(len(rows))], f"{prefix}-INITIAL_FORMS": ["0"]}
    for i, row in enumerate(rows):
        found |= {f"{prefix}-{i}-{name}": [value] for name, value in row.items()}
    return found


def texts_of_rows(rows: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[dict[str, str]]:
    """Rows of values as texts."""
    names = list(names)
    return [{name: "" if row.get(name) is None else str(row[name]) for name in names} for row in rows]


def autosave(request: HttpRequest, key: Key, *, conflict_url: str) -> JsonResponse:
    """Keep what is being typed. 409 when another tab of the same person kept something since."""
    serial = number(request.POST.get("serial"))
    version = number(request.POST.get("version"))
    try:
        serial = keep(key, data=raw_of_post(request.POST), base_version=version, serial=serial)
    except StaleDraft:
        return JsonResponse({"url": conflict_url}, status=409)
    return JsonResponse({"saved_at": clock.local(clock.now()).strftime("%H:%M"), "serial": serial})


def number(text: str | None) -> int:
    """A version or serial from the browser; nonsense is 0, which fits nothing."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def compare(form: forms.BaseForm, mine: Raw, theirs: Raw) -> list[ConflictField]:
    """Every field as I wrote it and as it is saved."""
    fields = []
    for bound in form:
        own, other = mine.get(bound.html_name, []), theirs.get(bound.html_name, [])
        shown = (bound.html_name, str(bound.label), _words(bound, own), _words(bound, other))
        fields.append(ConflictField(*shown, raw=json.dumps(own, ensure_ascii=False)))
    return fields


def compare_rows(name: str, label: str, mine: list[dict[str, str]], theirs: list[dict[str, str]]) -> ConflictField:
    """A table in the form, compared as one field."""
    return ConflictField(name, label, _table(mine), _table(theirs), raw=json.dumps(mine, ensure_ascii=False))


def chosen(post: QueryDict, form: forms.BaseForm, theirs: Raw) -> Raw:
    """The texts that were chosen on the page of a conflict: for each field mine or the saved one."""
    found: Raw = {}
    for bound in form:
        name = bound.html_name
        mine = post.get(f"choice_{name}", "mine") == "mine" and f"mine_{name}" in post
        found[name] = _texts(post.get(f"mine_{name}", "[]")) if mine else theirs.get(name, [])
    return found


def chosen_rows(post: QueryDict, name: str, theirs: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows that were chosen on the page of a conflict."""
    if post.get(f"choice_{name}", "mine") != "mine" or f"mine_{name}" not in post:
        return theirs
    try:
        rows = without_unstorable(json.loads(str(post[f"mine_{name}"])))
        return [{str(k): str(v) for k, v in row.items()} for row in rows][:200]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return theirs


def _texts(text: object) -> list[str]:
    try:
        values = without_unstorable(json.loads(str(text)))
    except (ValueError, RecursionError):
        return []
    return [str(value) for value in values] if isinstance(values, list) else []


def _words(bound: forms.BoundField, texts: list[str]) -> str:
    if isinstance(bound.field, forms.BooleanField):
        return yes_no(any(text not in {"", "False", "false"} for text in texts))
    choices = {str(key): str(label) for key, label in _flat(getattr(bound.field, "choices", ()))}
    return "\n".join(choices.get(text, text) if text else "" for text in texts)  # no choice is no text, not "----"


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


def _table(rows: list[dict[str, str]]) -> str:
    return "\n".join(" ".join(value for value in row.values() if value) for row in rows)


def age_of(draft: Draft | None) -> str:
    """When a draft was kept, for the form's foot."""
    return clock.local(draft.saved_at).strftime("%Y-%m-%d %H:%M") if draft else ""
