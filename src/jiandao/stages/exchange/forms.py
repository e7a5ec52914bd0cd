"""Forms of needs, their indicators and results."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.pages.fields import DayInput, KeywordsField, TermField, WanField
from jiandao.kernel.pages.forms import ClassifiedForm
from jiandao.kernel.pages.rows import RowForm, rows_of_form
from jiandao.kernel.programme import Programme, current_programme
from jiandao.kernel.secrecy import SHARED, Level
from jiandao.kernel.texts import is_blank
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.gate import wishes_overridden
from jiandao.stages.exchange.models import Challenge, Comparator, Need, ResearchResult, TechnologyCheck
from jiandao.stages.exchange.models.common import Indicator
from jiandao.stages.exchange.states import PUBLISHED
from jiandao.stages.people.queries import organisations_offered


class OfOwnOrganisation(ClassifiedForm):
    """What both forms share: only organisations that the writer may write for, as many keywords as the rulebook says."""

    roles: tuple[Role, ...] = ()

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        mine = cast(forms.ModelChoiceField, self.fields["organisation"])  # type: ignore[type-arg]
        mine.queryset = organisations_offered(actor, self.roles, self.instance.organisation_id)
        mine.empty_label = None
        for field in self.fields.values():
            if isinstance(field, KeywordsField):
                programme = self.instance.programme_id or current_programme()
                field.allow(self.most_keywords(programme))

    def most_keywords(self, programme: Programme | int) -> int:
        return int(rules.KEYWORDS_MOST.at(programme=programme).value)


class NeedForm(OfOwnOrganisation):
    roles = (Role.NEED_OWNER,)

    keywords = KeywordsField(label=_("keywords"), required=False)
    budget_fen = WanField(label=_("money to be spent"), required=False)
    direction = TermField("direction", label=_("direction"), required=False)
    orientation = TermField("orientation", label=_("orientation"), required=False)
    cluster = TermField("cluster", label=_("cluster"), required=False)
    discipline = TermField("discipline", label=_("discipline"), required=False)
    field = TermField("field", label=_("technical field"), required=False)
    industry = TermField("industry", label=_("industry of use"), required=False)

    class Meta:
        model = Need
        fields = (
            "organisation", "title", "language", "keywords", "problem", "goal", "conditions", "intellectual_property",
            "intellectual_property_note", "activity_type", "solution_mode", "direction", "orientation", "cluster",
            "discipline", "field", "industry", "budget_fen", "deadline", "needed_by", "anonymous", "secrecy", "secret_until",
            "title_other", "summary_other", "translated_by",
        )  # fmt: skip
        widgets = {
            "problem": forms.Textarea(attrs={"rows": 6}),
            "goal": forms.Textarea(attrs={"rows": 4}),
            "conditions": forms.Textarea(attrs={"rows": 3}),
            "summary_other": forms.Textarea(attrs={"rows": 3}),
            "deadline": DayInput(),
            "needed_by": DayInput(),
            "secret_until": DayInput(),
        }
        help_texts = {
            "title": _("Name the thing and what is wrong with it; not the company."),
            "problem": _("What happens today, with numbers; what was tried; where it fails."),
            "goal": _("What the solution must do, and what it is worth."),
            "conditions": _("What those who answer must have: equipment, certificates, experience."),
            "anonymous": _(
                "The public reads the challenge without your name; officers and those whom you meet know it."
            ),
            "activity_type": _("Basic research names a discipline; everything else a field and an industry."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        deadline, needed_by = values.get("deadline"), values.get("needed_by")
        if deadline and needed_by and needed_by < deadline:
            self.add_error("needed_by", _("The solution cannot be needed before the answers are in."))
        return values


class IndicatorForm(RowForm):
    """One row of the table of indicators. An empty row is no indicator."""

    name = forms.CharField(label=_("indicator"), max_length=120, required=False)
    comparator = forms.ChoiceField(label=_("comparator"), choices=Comparator.choices, required=False)
    threshold = forms.DecimalField(label=_("threshold"), max_digits=20, decimal_places=6, required=False)
    tolerance = forms.DecimalField(label="±", max_digits=20, decimal_places=6, required=False)
    stretch = forms.DecimalField(label=_("stretch"), max_digits=20, decimal_places=6, required=False)
    unit = forms.CharField(label=_("unit"), max_length=30, required=False)
    test_method = forms.CharField(label=_("test method"), max_length=300, required=False)

    typed = ("name", "threshold", "tolerance", "stretch", "unit", "test_method")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if self.errors or self.is_empty:
            return values
        if not values.get("name"):
            self.add_error("name", _("Name the quantity that is measured."))
        if values.get("threshold") is None:
            self.add_error("threshold", _("Give the value that must be reached."))
        comparator = values.get("comparator") or Comparator.AT_LEAST
        values["comparator"] = comparator
        within = comparator == Comparator.WITHIN
        if within and not (values.get("tolerance") or 0) > 0:
            self.add_error("tolerance", _("“Within ±” needs how far on either side."))
        if not within and values.get("tolerance") is not None:
            self.add_error("tolerance", _("Only “within ±” has a tolerance."))
        self._check_stretch(comparator, values.get("threshold"), values.get("stretch"))
        return values

    def _check_stretch(self, comparator: str, threshold: Any, stretch: Any) -> None:
        if stretch is None or threshold is None:
            return
        if comparator in {Comparator.AT_LEAST, Comparator.MORE_THAN}:
            if stretch < threshold:
                self.add_error("stretch", _("The stretch is the harder goal; here it must not be below the threshold."))
        elif comparator in {Comparator.AT_MOST, Comparator.LESS_THAN}:
            if stretch > threshold:
                self.add_error("stretch", _("The stretch is the harder goal; here it must not be above the threshold."))
        else:
            self.add_error("stretch", _("Only “at least” and “at most” have a stretch."))


Indicators = rows_of_form(IndicatorForm)


def indicator_initial(indicators: "Iterable[Indicator]") -> list[dict[str, Any]]:
    """Indicators as initial rows."""
    names = list(IndicatorForm.base_fields)
    rows: list[dict[str, Any]] = []
    for indicator in indicators:
        row = {name: getattr(indicator, name) for name in names}
        for name in ("threshold", "tolerance", "stretch"):
            if row[name] is not None:
                row[name] = f"{row[name].normalize():f}"
        rows.append(row)
    return rows


class ChallengeForm(ClassifiedForm):
    """The words of a challenge. Its level is public or internal: a secret is not for those who do not know of it."""

    keywords = KeywordsField(label=_("keywords"), required=False)
    budget_fen = WanField(label=_("money to be spent"), required=False)
    direction = TermField("direction", label=_("direction"), required=False)
    cluster = TermField("cluster", label=_("cluster"), required=False)
    field = TermField("field", label=_("technical field"), required=False)
    prefecture = TermField("prefecture", label=_("prefecture"), required=False)
    secrecy = forms.ChoiceField(label=_("secrecy"), choices=[(one.value, one.label) for one in Level if one in SHARED])

    class Meta:
        model = Challenge
        fields = (
            "title", "language", "keywords", "text", "conditions", "intellectual_property", "direction", "cluster",
            "field", "prefecture", "budget_fen", "deadline", "issuer_shown", "secrecy", "title_other", "summary_other",
            "translated_by",
        )  # fmt: skip
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8}),
            "conditions": forms.Textarea(attrs={"rows": 3}),
            "summary_other": forms.Textarea(attrs={"rows": 3}),
            "deadline": DayInput(),
        }
        help_texts = {
            "text": _(
                "What must be solved, with numbers, so that a team that has never seen the plant understands it."
            ),
            "issuer_shown": _("Where it is not named, take out what gives it away."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(KeywordsField, self.fields["keywords"]).allow(
            int(rules.KEYWORDS_MOST.at(programme=self.instance.programme_id).value)
        )

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for name, refused in wishes_overridden(self.instance) if self.instance.pk else ():
            if name not in self.errors:
                self.add_error(name, refused.sentence)


class TechnologyCheckForm(forms.ModelForm):  # type: ignore[type-arg]
    """The department's answer; results to tick are the nearest that the index knows."""

    trl = TermField("trl", label=_("at which readiness level"), required=False)

    class Meta:
        model = TechnologyCheck
        fields = ("verdict", "where", "trl", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 5}), "verdict": forms.RadioSelect}
        help_texts = {
            "where": _("Firm, institute, product, country or region: so that the asker can look there."),
            "note": _("What it can do and what it cannot, against the indicators of the need."),
        }

    def __init__(self, *args: Any, nearest: Sequence[ResearchResult] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))
        cast(TermField, self.fields["trl"]).offer(None)
        self.fields["verdict"].choices = TechnologyCheck.Verdict.choices  # type: ignore[attr-defined]
        self.nearest = {one.public_id: one for one in nearest}
        self.fields["answers"] = forms.MultipleChoiceField(
            label=_("Results that answer it"),
            choices=[(one.public_id, f"{one.title} · {one.organisation.name}") for one in nearest],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        if not nearest:
            del self.fields["answers"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        found = {"province", "country", "abroad", "partly"}
        if values.get("verdict") in found and is_blank(values.get("where", "")):
            self.add_error("where", _("It exists: say where."))
        return values

    @property
    def answers(self) -> list[ResearchResult]:
        """The results that were ticked."""
        return [self.nearest[one] for one in self.cleaned_data.get("answers", [])]


class MergeForm(forms.Form):
    """Into which challenge, and why."""

    challenge = forms.CharField(
        label=_("challenge"), max_length=220, help_text=_("Its id or its whole title; likely ones are listed above.")
    )
    reason = forms.CharField(label=_("reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, targets: "QuerySet[Challenge]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets = targets

    def clean_challenge(self) -> Challenge:
        text = " ".join(self.cleaned_data["challenge"].split())
        found = list(self.targets.filter(Q(public_id=text) | Q(title=text))[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("No single open challenge goes by this; write its id."), code="none")
        return found[0]


class ResultForm(OfOwnOrganisation):
    roles = (Role.RESEARCHER, Role.RESEARCH_OFFICE)

    keywords = KeywordsField(label=_("keywords"), required=False)
    field = TermField("field", label=_("technical field"), required=False)
    trl = TermField("trl", label=_("technology readiness level"), required=False)
    price_fen = WanField(label=_("price asked"), required=False, positive=False)

    def most_keywords(self, programme: Programme | int) -> int:
        return int(rules.RESULT_KEYWORDS_MOST.at(programme=programme).value)

    class Meta:
        model = ResearchResult
        fields = (
            "organisation", "title", "language", "keywords", "text", "authors", "field", "trl", "trl_evidence", "terms",
            "price_fen", "may_be_offered", "secrecy", "secret_until", "title_other", "summary_other", "translated_by",
        )  # fmt: skip
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8}),
            "trl_evidence": forms.Textarea(attrs={"rows": 3}),
            "summary_other": forms.Textarea(attrs={"rows": 3}),
            "secret_until": DayInput(),
        }
        help_texts = {
            "text": _("What it is, what it does better, with measured values, and what is still missing."),
            "may_be_offered": _(
                "Organisations that have asked for offers are told of it when it fits; they learn nothing that is not "
                "published."
            ),
            "trl_evidence": _("What proves the level: report, test, user; a level counts only if all lower ones hold."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("trl") and not values.get("trl_evidence", "").strip():
            self.add_error("trl_evidence", _("A level without evidence does not count; say what proves it."))
        if self.instance.state == PUBLISHED:
            least = rules.LEAST_DESCRIPTION.at(programme=self.instance.programme_id).value
            if len(values.get("text", "").strip()) < least:
                sentence = _("A published result is described in at least %(least)s characters; withdraw it first.")
                self.add_error("text", sentence % {"least": least})
        return values
