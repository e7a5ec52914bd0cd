"""A page with a form: sections, error summary, autosave, version."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jiandao.kernel.components.shapes import Link


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together. `names` not in the form are left out.

    then_rows : the table of rows, if the form has one, stands after this section; else after the last
    """

    title: str
    names: Sequence[str]
    help: str = ""
    then_rows: bool = False


@dataclass(frozen=True, slots=True)
class FormPage:
    """Everything around a form's fields.

    version       : the record's version, sent along as the hidden field `version`; "" for a new record
    autosave_url  : takes the form by POST while typing and answers JSON {"saved_at": "10:32"}, or 409 with
                    {"url": …} when somebody else saved; empty: no autosave
    once          : of a new record: a token of this page, by which a second sending of it is known; "" for an old one
    serial        : of the draft that the form shows; autosave sends it, and a second tab is noticed
    table         : the rows inside the form, when it has some; what is wrong in them is told above with the rest
    buttons       : further submit buttons as (value, label), sent as `then`
    sections      : how the fields are grouped; fields that no section names follow at the end
    """

    title: str
    form: forms.BaseForm
    submit: str
    cancel_url: str = ""
    action: str = ""
    version: int | str = ""
    autosave_url: str = ""
    serial: int = 0
    once: str = ""
    saved_at: str = ""
    lead: str = ""
    crumbs: Sequence[Link] = ()
    buttons: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = ()
    table: "BaseFormSet[Any] | None" = None

    @property
    def groups(self) -> Iterator[tuple[Section | None, list[forms.BoundField]]]:
        """The visible fields by section."""
        left = {bound.name: bound for bound in self.form.visible_fields()}
        for bound in left.values():  # Django begins labels of models with a capital, and leaves others as they are
            bound.label = capfirst(bound.label)
        for section in self.sections:
            fields = [left.pop(name) for name in section.names if name in left]
            if fields:
                yield section, fields
        if left:
            yield None, list(left.values())

    @property
    def rows_last(self) -> bool:
        """Whether no section says where the table of rows stands."""
        return not any(section.then_rows for section in self.sections)

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """What must be mended: (id of the field or "", its label, the sentence)."""
        found: list[tuple[str, str, str]] = [("", "", str(e)) for e in self.form.non_field_errors()]
        for bound in self.form:
            where = bound.id_for_label or f"div_{bound.auto_id}"
            found += [("" if bound.is_hidden else where, capfirst(str(bound.label)), str(e)) for e in bound.errors]
        return found + self._table_errors()

    def _table_errors(self) -> list[tuple[str, str, str]]:
        if self.table is None or not self.table.is_bound:
            return []
        found = [("", "", str(e)) for e in self.table.non_form_errors()]
        for number, row in enumerate(self.table.forms, start=1):
            for name, errors in row.errors.items():
                where = _("row %(number)s") % {"number": number}
                if name in row.fields:
                    bound = row[name]
                    found += [(bound.id_for_label, f"{where}, {bound.label}", str(e)) for e in errors]
                else:
                    found += [("", "", f"{where}: {e}") for e in errors]
        return found
