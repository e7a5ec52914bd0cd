"""Forms of organisations, their names, families, certificates, and of merging."""

from typing import Any, cast

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import identifiers
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.pages.fields import DayField, DayInput, TermField, TermsField, bound_days
from jiandao.kernel.pages.rows import RowForm, rows_of_form
from jiandao.kernel.policy.decisions import Refused
from jiandao.kernel.texts import is_blank
from jiandao.stages.people import gate, policy
from jiandao.stages.people.fields import OrganisationField, person_named
from jiandao.stages.people.models import Certificate, NameKind, Organisation, TieKind
from jiandao.stages.people.queries import organisations_offered


class DirectoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """Labels begin large, terms are valid today, a required text is not blank."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound_days(self)
        for name, field in self.fields.items():
            field.label = capfirst(str(field.label))
            if isinstance(field, TermField):
                field.offer(getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            text = values.get(name)
            if isinstance(text, str) and field.required and is_blank(text):
                self.add_error(name, field.error_messages["required"])
        return values


class OrganisationForm(DirectoryForm):
    prefecture = TermField("prefecture", label=_("prefecture"), required=False)
    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")
    clusters = TermsField("cluster", label=_("clusters"), required=False)

    class Meta:
        model = Organisation
        fields = (
            "name", "name_en", "organisation_kind", "credit_code", "prefecture", "clusters", "website", "introduction",
        )  # fmt: skip
        widgets = {"introduction": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "name": _("As the register has it, with the legal form."),
            "credit_code": _("18 characters; an organisation without one says under “what it does” why."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for code in set(self.instance.codes) - {self.instance.credit_code}:
                sentence = _("An entry that was merged with this one has %(code)s; it counts for both.")
                self.fields["credit_code"].help_text = sentence % {"code": code}
        chosen = list(self.instance.clusters.all()) if self.instance.pk else []
        cast(TermsField, self.fields["clusters"]).offer(chosen)
        if chosen:
            self.initial.setdefault("clusters", chosen)

    def clean_credit_code(self) -> str | None:
        code: str = (self.cleaned_data.get("credit_code") or "").strip().upper()
        if not code:
            return None
        identifiers.validate_credit_code(code)
        if self.instance.pk:
            answer = gate.code_fits(self.instance, code)
            if isinstance(answer, Refused):
                raise forms.ValidationError(answer.sentence, code="two-codes")
            if code in self.instance.codes and code != self.instance.credit_code:
                own: str | None = self.instance.credit_code
                return own  # a merged entry has it, and it counts for both
        others = Organisation.objects.filter(credit_code=code).exclude(pk=self.instance.pk)
        for other in others[:1]:
            raise forms.ValidationError(
                _("%(other)s has this code already. If it is the same organisation, use that entry."),
                code="taken",
                params={"other": other.name},
            )
        return code


class NameRow(RowForm):
    """One further name."""

    name = forms.CharField(label=_("name"), max_length=200, required=False)
    name_kind = forms.ChoiceField(label=_("kind"), choices=NameKind.choices, required=False, initial=NameKind.FORMER)
    until = DayField(label=_("used until"), required=False)

    typed = ("name", "until")
    once = "name"

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and not self.is_empty:
            values["name"] = " ".join(values.get("name", "").split())
            values["name_kind"] = values.get("name_kind") or NameKind.OTHER
            if not values["name"]:
                self.add_error("name", _("Write the name itself."))
        return values


Names = rows_of_form(NameRow, extra=2)


def names_initial(organisation: Organisation) -> list[dict[str, Any]]:
    """The further names of an organisation as initial rows."""
    return [
        {"name": one.name, "name_kind": one.name_kind, "until": one.until.isoformat() if one.until else None}
        for one in organisation.names.all()
    ]


class TieForm(forms.Form):
    """A tie of the organisation on whose page it is entered: upwards, downwards, or to the person who controls it."""

    side = forms.ChoiceField(
        label=_("direction"),
        choices=[
            ("up", _("This organisation belongs to the other one")),
            ("down", _("The other one belongs to this one")),
            ("person", _("A person controls this organisation")),
        ],
        widget=forms.RadioSelect,
    )
    tie_kind = forms.ChoiceField(label=_("kind"), choices=TieKind.choices, initial=TieKind.CONTROLLED)
    other = OrganisationField(label=_("other organisation"), required=False)
    controller = forms.CharField(
        label=_("controlling person"),
        max_length=120,
        required=False,
        help_text=_("The name; where several persons go by it, you are asked which one."),
    )
    controller_note = forms.CharField(
        label=_("who is meant"),
        max_length=200,
        required=False,
        help_text=_("Of a person who is not in the directory yet: post and firm, so that nobody takes a namesake."),
    )
    since = DayField(label=_("since"), required=False, help_text=_("Empty: for as long as anybody knows."))
    until = DayField(
        label=_("until"),
        required=False,
        widget=DayInput,
        help_text=_("The last day on which it held; empty: it holds."),
    )
    source = forms.CharField(
        label=_("known from"),
        max_length=300,
        help_text=_("Register, annual report, statement of the unit, …, with its day."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("side") == "person":
            self._clean_person(values)
        elif "other" not in self.errors and not values.get("other"):
            self.add_error("other", forms.Field.default_error_messages["required"])
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))
        return values

    def _clean_person(self, values: dict[str, Any]) -> None:
        if values.get("tie_kind") not in {None, TieKind.CONTROLLED}:
            self.add_error("tie_kind", _("A person controls an organisation; choose “under the same control”."))
        text = values.get("controller", "")
        if is_blank(text):
            self.add_error("controller", forms.Field.default_error_messages["required"])
            return
        try:
            values["person"], note = person_named(self.actor, text), values.get("controller_note", "")
        except forms.ValidationError as several:
            if is_blank(values.get("controller_note", "")):
                self.add_error("controller", several)
                return
            values["person"], note = None, values["controller_note"]  # another person of that name
        if values["person"] is None and is_blank(note):
            self.add_error(
                "controller_note",
                _("Nobody of that name is in the directory; say who is meant, and the person is entered."),
            )

    def of(self, organisation: Organisation) -> dict[str, Any]:
        """What was entered, as arguments of `add_tie` for the organisation on whose page it was."""
        entered = self.cleaned_data
        values = {name: entered[name] for name in ("tie_kind", "since", "until", "source")}
        if entered["side"] == "person":
            known = entered["person"]
            values |= {"member": organisation, "controller": known, "controller_note": entered["controller_note"]}
            name = "" if known is not None else " ".join(entered["controller"].split())
            return {"organisation": organisation, "values": values, "controller_name": name}
        upwards = entered["side"] == "up"
        values |= {
            "member": organisation if upwards else entered["other"],
            "head": entered["other"] if upwards else organisation,
        }
        return {"organisation": organisation, "values": values}


class EndTieForm(forms.Form):
    """When and why a tie ended, or that it never was."""

    until = DayField(label=_("last day"), required=False)
    void = forms.BooleanField(label=_("It was never true (entered by mistake)"), required=False)
    reason = forms.CharField(label=_("reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if bool(values.get("until")) == bool(values.get("void")):
            self.add_error("until", _("Give the last day on which it held, or tick that it was never true."))
        return values


class AskFamilyForm(forms.Form):
    """Two organisations and a day."""

    one = OrganisationField(label=_("first organisation"))
    other = OrganisationField(label=_("second organisation"))
    on = DayField(label=_("on the day"))


class ProposeMergeForm(forms.Form):
    """Which other entry may be the same."""

    other = OrganisationField(label=_("other entry of the directory"))
    note = forms.CharField(label=_("why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class CertificateForm(DirectoryForm):
    class Meta:
        model = Certificate
        fields = ("organisation", "certificate_kind", "title", "number", "issuer", "issued_on", "valid_until")
        widgets = {"issued_on": DayInput(), "valid_until": DayInput()}
        help_texts = {
            "title": _("As it is printed on the certificate."),
            "valid_until": _("The last day on which it holds; empty: without end. You are reminded before."),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = self.fields["organisation"]
        own = self.instance.organisation_id
        mine.queryset = organisations_offered(actor, policy.UNIT, own)  # type: ignore[attr-defined]
        mine.empty_label = None  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        issued, until = values.get("issued_on"), values.get("valid_until")
        if issued and until and until < issued:
            self.add_error("valid_until", _("The certificate would end before it was issued."))
        return values


__all__ = [
    "AskFamilyForm",
    "CertificateForm",
    "EndTieForm",
    "NameRow",
    "Names",
    "OrganisationForm",
    "ProposeMergeForm",
    "TieForm",
    "names_initial",
]
