"""Forms of experts, their works, and measures for breaches of integrity."""

from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import identifiers
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.pages.fields import DayField, DayInput, KeywordsField, TermsField
from jiandao.kernel.pages.rows import RowForm, rows_of_form
from jiandao.stages.people import policy
from jiandao.stages.people.actions.experts import PERSON_FIELDS, orcid_refusal
from jiandao.stages.people.fields import OrganisationField
from jiandao.stages.people.forms.directory import DirectoryForm
from jiandao.stages.people.models import Expert, IntegrityRecord, Person, WorkKind

TERMS = ("fields", "disciplines")  # of the vocabularies


class ExpertForm(DirectoryForm):
    name = forms.CharField(label=_("name"), max_length=100)
    organisation = OrganisationField(label=_("works at"))
    orcid = forms.CharField(label="ORCID", max_length=19, required=False, validators=[identifiers.validate_orcid])
    email = forms.EmailField(label=_("e-mail"), required=False)
    phone = forms.CharField(label=_("telephone"), max_length=30, required=False)
    keywords = KeywordsField(label=_("keywords"), required=False, most=15)
    fields: Any = TermsField("field", label=_("technical fields"), required=False)
    disciplines = TermsField("discipline", label=_("disciplines"), required=False, top=True)

    days_a_year = forms.IntegerField(label=_("at most so many days a year"), min_value=1, max_value=366, required=False)

    class Meta:
        model = Expert
        fields = ("post", "keywords", "text", "available", "away_until", "days_a_year")
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "away_until": DayInput()}
        help_texts = {
            "text": _("What the expert can judge, and what not."),
            "away_until": _("Until this day nobody asks; empty: now."),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._actor = actor
        known = self.instance.pk is not None
        for name in TERMS:
            cast(TermsField, self.fields[name]).offer(getattr(self.instance, name).all() if known else ())
        if not known:
            return
        self.fields["organisation"].disabled = True  # where somebody works is changed by affiliations
        self.fields["organisation"].required = False
        keeps = policy.EDIT_EXPERT_PERSON.decide(actor, self.instance)
        if not keeps:
            for name in PERSON_FIELDS:
                self.fields[name].widget.attrs["readonly"] = True
                self.fields[name].help_text = _("The expert has an account and keeps this in person.")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.instance.pk is not None and not policy.EDIT_EXPERT_PERSON.decide(self._actor, self.instance):
            for name in PERSON_FIELDS:
                if name in values and (values[name] or "") != (getattr(self.instance.person, name) or ""):
                    self.add_error(name, _("The expert has an account and keeps this in person."))
        of = self.instance.person if self.instance.pk is not None else None
        refusal = orcid_refusal(self._actor, values.get("orcid"), of)
        if refusal is not None and "orcid" not in self.errors:
            self.add_error("orcid", forms.ValidationError(refusal.sentence, code=refusal.code))
        return values


class AffiliationForm(forms.Form):
    """From which day to which, as what."""

    since = DayField(label=_("since"))
    until = DayField(label=_("last day"), required=False, help_text=_("Empty: works there until further notice."))
    title = forms.CharField(label=_("post"), max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))
        return self.cleaned_data


class NewAffiliationForm(AffiliationForm):
    """Where, from which day to which, as what."""

    organisation = OrganisationField(label=_("organisation"))

    field_order = ("organisation", "since", "until", "title")


class WorkRow(RowForm):
    """Something published or done."""

    work_kind = forms.ChoiceField(label=_("kind"), choices=WorkKind.choices, required=False)
    title = forms.CharField(label=_("title"), max_length=300, required=False)
    year = forms.IntegerField(label=_("year"), min_value=1900, max_value=2200, required=False)
    source = forms.CharField(label=_("where, or known from"), max_length=200, required=False)

    typed = ("title", "year", "source")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and not self.is_empty:
            values["title"] = " ".join(values.get("title", "").split())
            values["work_kind"] = values.get("work_kind") or WorkKind.PAPER
            if not values["title"]:
                self.add_error("title", _("Write the title of the work."))
        return values


Works = rows_of_form(WorkRow, extra=3)


def works_initial(expert: Expert) -> list[dict[str, Any]]:
    """The works of an expert as initial rows."""
    return [
        {"work_kind": one.work_kind, "title": one.title, "year": one.year, "source": one.source}
        for one in expert.works.all()
    ]


class MeasureForm(DirectoryForm):
    """About one person or one organisation."""

    organisation = OrganisationField(label=_("organisation"), required=False)
    person = forms.CharField(
        label=_("person"),
        max_length=100,
        required=False,
        help_text=_("The id of the expert, the ORCID, or the whole name where only one person has it."),
    )

    class Meta:
        model = IntegrityRecord
        fields = ("measure", "since", "until", "source", "reason")
        widgets = {"since": DayInput(), "until": DayInput(), "reason": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "until": _("Empty: without end."),
            "source": _("Who decided it, in which document, of which day; nothing is entered on hearsay."),
        }

    def clean_person(self) -> Person | None:
        text = " ".join(self.cleaned_data["person"].split())
        if not text:
            return None
        found = list(
            Person.objects.filter(Q(public_id=text) | Q(expert__public_id=text) | Q(orcid=text) | Q(name=text))[:2]
        )
        if len(found) != 1:
            raise forms.ValidationError(_("No single person goes by this; write the id or the ORCID."), code="none")
        return found[0]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors and bool(values.get("person")) == bool(values.get("organisation")):
            self.add_error("person", _("Name one person or one organisation."))
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))
        return values


class VoidForm(forms.Form):
    """Why a measure was wrong."""

    reason = forms.CharField(label=_("reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
