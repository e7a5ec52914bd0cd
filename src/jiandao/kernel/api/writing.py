"""Writing through the API: the same editor as the page (its form, its table, its action), without the page."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import BaseForm
from django.http import Http404
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from pydantic import BaseModel

from jiandao.kernel import clock, journal
from jiandao.kernel.api.bodies import Deed, raw_of_body, row_texts
from jiandao.kernel.api.problems import ApiFault, ConflictText, VersionConflict, Where, mend
from jiandao.kernel.lifecycle import StaleRecord, lifecycle_of, press
from jiandao.kernel.pages import editing
from jiandao.kernel.pages.editor import Editor
from jiandao.kernel.pages.gate import Request

R = TypeVar("R", bound=Any)
F = TypeVar("F", bound=BaseForm)


def write(request: Request, editor: Editor[R], record: R | None, body: BaseModel) -> R:
    """Create (no record) or change. ApiFault 422 with what is to be mended, 409 with both texts when it is stale."""
    sent = body.model_dump(exclude_unset=True)
    version = int(sent.pop("version", 0))
    blank = editor.form(request, record)
    own = raw_of_body(blank, sent)
    raw = editing.raw_of_form(blank) | own
    if editor.table is not None:
        columns = list(editor.table.form.base_fields)
        rows = editing.texts_of_rows(editor.table_initial(record), columns)
        if editor.table_name in sent:
            rows = [row_texts(editor.table.form, one) for one in sent[editor.table_name] or []]
        raw |= editing.raw_of_rows(editor.table_name, rows)
    if record is not None and version != record.version:
        raise _stale(request, editor, record, version, own)
    form = editor.form(request, record, data=editing.as_post(raw))
    table = editor.table(editing.as_post(raw), prefix=editor.table_name) if editor.table else None
    errors = _errors(form, "")
    if table is not None and not table.is_valid():
        for number, row in enumerate(table.forms):
            errors += _errors(row, f"{editor.table_name}.{number}.")
        errors += [Where(where=editor.table_name, code="invalid", sentence=str(one)) for one in table.non_form_errors()]
    if errors:
        raise mend(errors)
    try:
        return editor.save(request, record, version, form, table.rows if table is not None else [])  # type: ignore[attr-defined]
    except StaleRecord as stale:
        assert record is not None  # a new record cannot be stale
        raise _stale(request, editor, editor.fresh(record), version, own) from stale


def checked(body: BaseModel, form: Callable[[MultiValueDict[str, str]], F]) -> F:
    """The form of a page, filled with the body and valid; ApiFault 422 with what is to be mended."""
    sent = body.model_dump(exclude_unset=True)
    blank = form(MultiValueDict())
    filled = form(editing.as_post(raw_of_body(blank, sent)))
    errors = _errors(filled, "")
    if errors:
        raise mend(errors)
    return filled


def overlaid(body: BaseModel, blank: BaseForm, form: Callable[[MultiValueDict[str, str]], F]) -> F:
    """As `checked`; what was not sent stays as `blank`, the form of what is saved, has it."""
    own = raw_of_body(blank, body.model_dump(exclude_unset=True))
    filled = form(editing.as_post(editing.raw_of_form(blank) | own))
    errors = _errors(filled, "")
    if errors:
        raise mend(errors)
    return filled


def _errors(form: Any, prefix: str) -> list[Where]:
    found = []
    for name, faults in form.errors.get_json_data().items():
        where = prefix.rstrip(".") or "body" if name == "__all__" else prefix + name
        found += [
            Where(where=where, code=str(one["code"] or "invalid"), sentence=str(one["message"])) for one in faults
        ]
    return found


def _stale(request: Request, editor: Editor[R], fresh: R, version: int, own: editing.Raw) -> ApiFault:
    form = editor.form(request, fresh)
    texts = [
        ConflictText(field=one.name, yours=one.mine, saved=one.theirs)
        for one in editing.compare(form, own, editing.raw_of_form(form))
        if one.name in own
    ]
    last = journal.last_entries(fresh.kind, [fresh.pk]).get(fresh.pk)
    conflict = VersionConflict(
        your_version=version,
        saved_version=fresh.version,
        saved_by=last.who if last else "",
        saved_at=clock.local(last.at if last else fresh.changed_at).isoformat(),
        fields=texts,
    )
    sentence = _("Version %(saved)s was saved, and you changed version %(yours)s; look at it and send it again.") % {
        "saved": fresh.version,
        "yours": version,
    }
    return ApiFault(409, "stale", sentence, conflict=conflict)


def do(request: Request, record: R, verb: str, deed: Deed) -> R:
    """Perform a verb. NotAllowed with the reason, ApiFault 404 for a verb that this kind of record does not have."""
    if verb not in {one.verb for one in lifecycle_of(record.kind).transitions}:
        raise Http404
    done: R = press(
        actor=request.actor,
        record=record,
        verb=verb,
        expected_version=deed.version,
        reason=deed.reason,
        cause=deed.cause,
    )
    return done
