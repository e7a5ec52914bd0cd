"""The form field that names an organisation: typed, with suggestions, understood by name, other name, code or id."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.public_ids import LENGTH
from jiandao.stages.people import queries
from jiandao.stages.people.models import Organisation, Person

_WITH_ID = re.compile(rf"\(([0-9A-Z]{{{LENGTH}}})\)\s*$")


class OrganisationInput(forms.TextInput):
    """A text with a list of suggestions, which works as a plain text without scripts."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {
                "maxlength": "240",
                "autocomplete": "off",
                "hx-get": reverse_lazy("people:suggest"),
                "hx-trigger": "input changed delay:250ms",
                "hx-target": "next datalist",
                "hx-swap": "innerHTML",
                **(attrs or {}),
            }
        )

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id', f'id_{name}')}_list"
        field = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', field, listed)


class OrganisationField(forms.CharField):
    """An organisation of the directory. What several go by, or none, is refused in a sentence that names the choices."""

    widget = OrganisationInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Name, other name or social credit code, as the directory has it."))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Organisation):
            return written(value)
        if isinstance(value, int):
            found = Organisation.objects.filter(pk=value).first()
            return written(found) if found else ""
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Organisation):
            return value
        text = super().to_python(value)
        if not text:
            return None
        marked = _WITH_ID.search(text)
        found = queries.named(marked.group(1) if marked else text)
        if len(found) == 1:
            return found[0]
        likely = [written(one) for one in (found or queries.suggested(text, 5))]
        if not likely:
            raise ValidationError(
                _("The directory has no organisation “%(name)s”."), code="none", params={"name": text}
            )
        sentence = _("“%(name)s” is not clear; write one of these: %(likely)s")
        raise ValidationError(sentence, code="several", params={"name": text, "likely": "; ".join(likely)})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def person_named(actor: Actor, text: str) -> Person | None:
    """The person that a text names (by id in brackets, or by name) among those whom the actor may see; none when there is
    none. ValidationError with the choices when a name alone is given and somebody goes by it."""
    seen = queries.persons_seen(actor)
    marked = _WITH_ID.search(text)
    if marked is not None:
        found = seen.filter(public_id=marked.group(1)).first()
        if found is None:
            raise ValidationError(_("The directory has no person of this id."), code="none")
        return found
    name = " ".join(text.split())
    likely = seen.filter(name=name).prefetch_related("memberships__organisation").order_by("pk")[:5]
    if not likely:
        return None
    sentence = _("Write one of these, or say under “who is meant” that it is another person of this name: %(likely)s")
    listed = "; ".join(_person_written(one) for one in likely)
    raise ValidationError(sentence, code="several", params={"likely": listed})


def _person_written(person: Person) -> str:
    units = ", ".join(one.organisation.name for one in person.memberships.all() if one.until is None)
    return " · ".join(part for part in (units, f"{person.name} ({person.public_id})") if part)


def written(organisation: Organisation) -> str:
    """How an organisation stands in the field: its name, and the id that makes it clear."""
    return f"{organisation.name} ({organisation.public_id})"
