"""The rulebook of a programme: what it decides by, where that stands, and a new edition from today on."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Badge, FormPage, Link
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.rulebook import Declared, Kind, RuleValue, declared, policy, rules_at
from jiandao.kernel.rulebook import actions as rulebook
from jiandao.kernel.rulebook.declarations import RuleFault
from jiandao.kernel.rulebook.models import RuleEdition


@dataclass(frozen=True)
class Shown:
    """One rule on the page."""

    rule: Declared
    now: RuleValue
    value: str
    badge: Badge
    history: list[tuple[RuleEdition, str, str]]  # edition, its value in words, who entered it
    edit_url: str


@page(policy.READ_RULES)
def rules(request: Request) -> HttpResponse:
    """All rules that the code reads, with the value of today and every edition before. Four queries."""
    programme = request.programme
    assert programme is not None
    rows = list(RuleEdition.objects.filter(programme__isnull=True) | RuleEdition.objects.filter(programme=programme))
    names = names_of({row.entered_by_id for row in rows})
    may_edit = bool(policy.EDIT_RULES.decide(request.actor, programme))
    shown = []
    values = rules_at(clock.today(), programme)
    for one in declared().values():
        now = values[one.code]
        history = [
            (row, in_words(one, one.typed(row.value)), names.get(row.entered_by_id, "") if row.entered_by_id else "")
            for row in sorted(rows, key=lambda row: (row.entered_at, row.pk), reverse=True)
            if row.code == one.code
        ]
        url = reverse("rule-edit", kwargs={"programme": programme.slug, "code": one.code})
        shown.append(
            Shown(
                one, now, in_words(one, now.value), _badge(now.verified), history,
                url if may_edit and one.by_programme else "",
            )
        )  # fmt: skip
    return render(request, "rules/rules.html", {"rules": shown})


def in_words(one: Declared, value: Any) -> str:
    """A value with its unit, as the page shows it."""
    if one.kind == Kind.BOOL:
        return _("Yes") if value else _("No")
    if one.kind == Kind.LIST:
        return "; ".join(value)
    return f"{value} {one.unit}".strip()


def _badge(verified: bool) -> Badge:
    return Badge(_("verified"), "done") if verified else Badge(_("not verified"), "waiting")


class EditionForm(forms.Form):
    """A new edition of one rule."""

    value = forms.CharField(label=gettext_lazy("value"), max_length=2000)
    source = forms.CharField(
        label=gettext_lazy("source"),
        max_length=300,
        help_text=gettext_lazy("The document, its number and the place in it where the value stands."),
    )
    verified = forms.BooleanField(label=gettext_lazy("I have read the value in this document."), required=False)
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, rule: Declared, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        if rule.kind == Kind.LIST:
            self.fields["value"].widget = forms.Textarea(attrs={"rows": 5})
        if rule.unit:
            self.fields["value"].help_text = _("Unit: %(unit)s.") % {"unit": rule.unit}

    def clean_value(self) -> Any:
        try:
            return self.rule.parsed(self.cleaned_data["value"])
        except RuleFault as fault:
            raise ValidationError(str(fault)) from fault


@page(policy.EDIT_RULES, methods=("GET", "POST"))
def edit(request: Request, code: str) -> HttpResponse:
    """Enter an edition for this programme. A rule that all programmes share has no such page."""
    programme = request.programme
    one = declared().get(code)
    if one is None or not one.by_programme:
        raise Http404
    assert programme is not None
    now = one.at(clock.today(), programme)
    raw = "\n".join(now.value) if one.kind == Kind.LIST else str(now.value)
    if one.kind == Kind.BOOL:
        raw = raw.lower()
    initial = {"value": raw, "source": now.source, "edition": rulebook.latest_edition(code, programme.pk)}
    form = EditionForm(request.POST or None, rule=one, initial=initial)
    here = {"programme": programme.slug}
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = rulebook.edit(
                actor=request.actor,
                programme=programme,
                code=code,
                value=values["value"],
                source=values["source"],
                verified=values["verified"],
                reason=values["reason"],
                seen_edition=values["edition"],
            )
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("Edition %(edition)s counts from today.") % {"edition": made.edition})
            return redirect(reverse("rules", kwargs=here))
    shown = FormPage(
        title=_("New edition of a rule"),
        form=form,
        submit=_("Enter the edition"),
        lead=f"{one.sentence} {_('Date that counts')}: {one.basis}.",
        cancel_url=reverse("rules", kwargs=here),
        crumbs=[Link(_("Rules"), reverse("rules", kwargs=here))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)
