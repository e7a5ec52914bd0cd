"""The editor of one kind of record: one class, a few hooks a room fills in.

GET shows the record, or what its reader had typed and not saved. POST saves under the version that the form was given;
a stale save shows both texts. `then` in the form says what the button wants: save, discard, edit (correct a chosen
text first), more-rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.forms.formsets import BaseFormSet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jiandao.kernel import journal
from jiandao.kernel.components import Conflict, ConflictField, FormPage, Link, Section
from jiandao.kernel.drafts.keeping import Key, StaleDraft, drop, keep, kept
from jiandao.kernel.drafts.sent import claim, settle
from jiandao.kernel.lifecycle import StaleRecord
from jiandao.kernel.pages import editing
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.typed import refused_page
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused
from jiandao.kernel.public_ids import new_public_id

R = TypeVar("R", bound=Any)
Rows = list[dict[str, Any]]


class Editor(Generic[R]):
    """Subclasses name the form and its sections, and say how to save."""

    name: str  # of the drafts, fixed for ever
    template: str = "form.html"
    table: type[BaseFormSet[Any]] | None = None  # a formset inside the form
    table_name: str = "rows"

    # What a room fills in

    def form(self, request: Request, record: R | None, **more: Any) -> forms.ModelForm[Any]:
        """The form; `more` holds `data` or `initial`."""
        raise NotImplementedError(self.name)

    def table_initial(self, record: R | None) -> Rows:
        """The rows of the table as they are saved."""
        return []

    def save(self, request: Request, record: R | None, version: int, form: Any, rows: Rows) -> R:
        """Call the action; StaleRecord when the version is old."""
        raise NotImplementedError(self.name)

    def fresh(self, record: R) -> R:
        """The record, read again."""
        raise NotImplementedError(self.name)

    def titles(self) -> tuple[str, str]:
        """Heading for a new record, heading for an old one."""
        raise NotImplementedError(self.name)

    def sections(self) -> Sequence[Section]:
        return ()

    def crumbs(self, request: Request) -> Sequence[Link]:
        return ()

    def urls(self, request: Request, record: R | None) -> tuple[str, str, str]:
        """Addresses of (this form, its autosave, where to go back)."""
        raise NotImplementedError(self.name)

    def url_of(self, record: R) -> str:
        raise NotImplementedError(self.name)

    def knowers_url(self, record: R) -> str:
        """Where the need-to-know list of a classified record is changed; its writer goes there when one begins."""
        return ""

    def context(self, request: Request, record: R | None) -> dict[str, Any]:
        """More for the template."""
        return {}

    # What is alike everywhere

    def serve(self, request: Request, record: R | None) -> HttpResponse:
        return self._posted(request, record) if request.method == "POST" else self._opened(request, record)

    def autosave(self, request: Request, record: R | None) -> JsonResponse:
        return editing.autosave(request, self._key(request, record), conflict_url=self.urls(request, record)[0])

    def _key(self, request: Request, record: R | None) -> Key:
        assert request.actor.account is not None  # the gate let nobody else through
        return Key(request.actor.account, request.programme, self.name, record.pk if record is not None else None)

    def _columns(self) -> list[str]:
        return list(self.table.form.base_fields) if self.table else []

    def _typed(self) -> tuple[str, ...]:
        return self.table.form.typed if self.table else ()

    def _opened(self, request: Request, record: R | None) -> HttpResponse:
        draft = kept(self._key(request, record))
        if draft is None:
            return self._page(request, record, self.form(request, record), self._saved_table(record))
        raw: editing.Raw = draft.data
        messages.info(request, _("This is what you had typed and not saved."))
        form, table = self._unbound(request, record, raw)
        return self._page(request, record, form, table, serial=draft.serial, version=draft.base_version, draft=draft)

    def _posted(self, request: Request, record: R | None) -> HttpResponse:
        account = request.actor.account
        assert account is not None  # the gate let nobody else through
        then = request.POST.get("then", "save")
        if then == "discard":
            drop(self._key(request, record))
            return redirect(self.urls(request, record)[2])
        raw = editing.raw_of_post(request.POST)
        version = editing.number(request.POST.get("version"))
        serial = editing.number(request.POST.get("serial"))  # the draft goes on where it is
        if record is not None and any(name.startswith(("choice_", "mine_")) for name in raw):
            raw = self._chosen(request, record)
        if then == "more-rows":
            form, table = self._unbound(request, record, raw)
            if table is not None:  # as many as were shown, and some more, filled or not
                table.extra += (
                    editing.number(request.POST.get(f"{self.table_name}-TOTAL_FORMS")) - table.initial_form_count()
                )
            return self._page(request, record, form, table, serial=serial, version=version)
        was_secret = record is not None and getattr(record, "is_need_to_know", False)  # the form changes the record
        form = self.form(request, record, data=editing.as_post(raw))
        table = self.table(editing.as_post(raw), prefix=self.table_name) if self.table else None
        valid = form.is_valid() & (table.is_valid() if table is not None else True)
        if then == "edit" or not valid:
            return self._page(
                request, record, form, table, serial=serial, version=version, status=200 if valid else 422
            )
        rows: Rows = table.rows if table is not None else []  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                once = request.POST.get("once", "") if record is None else ""
                made = claim(account, once)
                if made is not None:
                    return redirect(made)
                saved = self.save(request, record, version, form, rows)
                names_people = getattr(saved, "is_need_to_know", False) and not was_secret and self.knowers_url(saved)
                following = self.knowers_url(saved) if names_people else self.url_of(saved)
                settle(account, once, following)
        except StaleRecord:
            assert record is not None  # a new record cannot be stale
            return self._conflict(request, record, raw)
        drop(self._key(request, record))
        messages.success(request, _("Saved."))
        if names_people:
            messages.info(request, _("Say who may know of it; so far it is you alone."))
        return redirect(following)

    def refused(self, request: Request, record: R, refusal: Refused) -> HttpResponse:
        """What was typed is shown beside the reason; and kept as a draft when it is the state that stands against it:
        somebody took the record out of its writer's hands, and may give it back."""
        if request.POST.get("then") == "discard":
            drop(self._key(request, record))
            return redirect(self.url_of(record))
        mine = editing.raw_of_post(request.POST)
        serial, version = (editing.number(request.POST.get(name)) for name in ("serial", "version"))
        lent = refusal.aspect == Aspect.STATE
        if lent:
            with suppress(StaleDraft):  # another tab has kept something since
                keep(self._key(request, record), data=mine, base_version=version, serial=serial)
        form = self.form(request, record)
        fields = self._compared(form, mine, record)
        own = {*mine, self.table_name}
        texts = [(one.label, one.mine) for one in fields if one.name in own and one.differs]
        return refused_page(request, NotAllowed(refusal), texts, self.url_of(record), kept=lent)

    def _compared(self, form: Any, mine: editing.Raw, saved: R) -> list[ConflictField]:
        fields = editing.compare(form, mine, editing.raw_of_form(form))
        if self.table is not None:
            own = editing.rows_of(mine, self.table_name, self._columns(), self._typed())
            fields.append(editing.compare_rows(self.table_name, _("table"), own, self._saved_rows(saved)))
        return fields

    def _chosen(self, request: Request, record: R) -> editing.Raw:
        form = self.form(request, record)
        raw = editing.chosen(request.POST, form, editing.raw_of_form(form))
        if self.table is not None:
            rows = editing.chosen_rows(request.POST, self.table_name, self._saved_rows(record))
            raw |= editing.raw_of_rows(self.table_name, rows)
        return raw

    def _conflict(self, request: Request, record: R, mine: editing.Raw) -> HttpResponse:
        """Somebody saved in between: both texts, field by field."""
        fresh = self.fresh(record)
        fields = self._compared(self.form(request, fresh), mine, fresh)
        last = journal.last_entries(fresh.kind, [fresh.pk]).get(fresh.pk)  # none for one that was made in bulk
        conflict = Conflict(
            title=str(fresh),
            url=self.urls(request, fresh)[0],
            version=fresh.version,
            saved_by=last.who if last else _("the system"),
            saved_at=last.at if last else fresh.changed_at,
            fields=fields,
            back_url=self.url_of(fresh),
        )
        return render(request, "conflict.html", {"conflict": conflict}, status=409)

    def _saved_table(self, record: R | None) -> BaseFormSet[Any] | None:
        return self.table(prefix=self.table_name, initial=self.table_initial(record)) if self.table else None

    def _saved_rows(self, record: R) -> list[dict[str, str]]:
        return editing.texts_of_rows(self.table_initial(record), self._columns())

    def _unbound(
        self, request: Request, record: R | None, raw: editing.Raw
    ) -> tuple[forms.ModelForm[Any], BaseFormSet[Any] | None]:
        """Form and table that show raw texts and complain about nothing yet."""
        blank = self.form(request, record)
        form = self.form(request, record, initial=editing.initial_of(blank, raw))
        if self.table is None:
            return form, None
        rows = editing.rows_of(raw, self.table_name, self._columns(), self._typed())
        return form, self.table(prefix=self.table_name, initial=rows)

    def _page(
        self,
        request: Request,
        record: R | None,
        form: forms.ModelForm[Any],
        table: BaseFormSet[Any] | None,
        *,
        serial: int = 0,
        version: int | None = None,
        draft: Any = None,
        status: int = 200,
    ) -> HttpResponse:
        own, autosave, back = self.urls(request, record)
        current = record.version if record is not None else 0
        buttons = [("discard", _("Discard changes"))]
        if table is not None:
            buttons.insert(0, ("more-rows", _("More rows")))
        page = FormPage(
            title=self.titles()[0 if record is None else 1],
            form=form,
            submit=_("Save"),
            action=own,
            buttons=buttons,
            cancel_url=back,
            version=current if version is None else version,
            autosave_url=autosave,
            serial=serial,
            once=(request.POST.get("once") or new_public_id()) if record is None else "",
            saved_at=editing.age_of(draft),
            crumbs=self.crumbs(request),
            sections=self.sections(),
            table=table,
        )
        context = {"page": page, "table": table, **self.context(request, record)}
        return render(request, self.template, context, status=status)
