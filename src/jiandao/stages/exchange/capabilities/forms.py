"""Forms of capabilities and bookings."""

from typing import Any, cast

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.pages.fields import DayInput, KeywordsField, TermField, YuanField
from jiandao.kernel.secrecy import SHARED, Level
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.capabilities import policy
from jiandao.stages.exchange.capabilities.states import PUBLISHED
from jiandao.stages.exchange.forms import OfOwnOrganisation
from jiandao.stages.exchange.models import Booking, Capability
from jiandao.stages.people.queries import organisations_of

FARTHEST = 730  # days ahead that a booking may begin
LONGEST = 366  # days


def level_field(label: Any) -> forms.IntegerField:
    """A readiness level from 1 to 9, or none."""
    return forms.IntegerField(label=label, min_value=1, max_value=9, required=False)


class CapabilityForm(OfOwnOrganisation):
    roles = (Role.RESEARCHER, Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR)

    keywords = KeywordsField(label=_("keywords"), required=False)
    field = TermField("field", label=_("technical field"), required=False)
    level_from = level_field(_("takes work from level"))
    level_to = level_field(_("brings it to level"))
    price_fen = YuanField(label=_("price"), required=False, positive=False)
    secrecy = forms.ChoiceField(label=_("secrecy"), choices=[(one.value, one.label) for one in Level if one in SHARED])

    class Meta:
        model = Capability
        fields = (
            "organisation", "capability_kind", "title", "language", "keywords", "text", "field", "level_from",
            "level_to", "place", "opening_hours", "price_fen", "price_unit", "bookable", "at_once", "conditions", "secrecy",
            "title_other", "summary_other", "translated_by",
        )  # fmt: skip
        widgets = {
            "text": forms.Textarea(attrs={"rows": 7}),
            "conditions": forms.Textarea(attrs={"rows": 3}),
            "summary_other": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "title": _("Name the thing or the team and what it does best."),
            "text": _("What it measures, makes or develops; ranges and accuracy; what was done with it."),
            "opening_hours": _("When others may use it: Monday to Friday, 9 to 17."),
            "conditions": _("Samples, safety, operators, what a user must bring."),
            "at_once": _("How many may use it on one day; empty when any number may."),
            "level_from": _("Readiness level (TRL) of the work that is brought."),
            "level_to": _("Readiness level (TRL) that is reached here."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        least, most = values.get("level_from"), values.get("level_to")
        if least and most and most < least:
            self.add_error("level_to", _("Work does not leave at a lower level than it came."))
        if values.get("price_fen") is not None and not values.get("price_unit"):
            self.add_error("price_unit", _("Say what the price is for."))
        if values.get("price_fen") is None and values.get("price_unit") and "price_fen" not in self.errors:
            self.add_error("price_fen", _("Give the price, or leave away what it is for; 0 means free of charge."))
        if self.instance.state == PUBLISHED:
            needed = rules.LEAST_DESCRIPTION.at(programme=self.instance.programme_id).value
            if len(values.get("text", "").strip()) < needed:
                sentence = _("What is offered is described in at least %(least)s characters; withdraw it first.")
                self.add_error("text", sentence % {"least": needed})
        return values

    def most_keywords(self, programme: Any) -> int:
        return int(rules.RESULT_KEYWORDS_MOST.at(programme=programme).value)


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which days, for what."""

    class Meta:
        model = Booking
        fields = ("organisation", "purpose", "first_day", "last_day", "quantity")
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 4}),
            "first_day": DayInput(),
            "last_day": DayInput(),
        }
        help_texts = {
            "purpose": _("Samples, measurements or runs, and what the unit must know of them."),
            "quantity": _("Hours, days or samples, as the price is given; empty when you do not know yet."),
        }

    def __init__(self, *args: Any, actor: Actor, capability: Capability, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.capability = capability
        mine = cast(forms.ModelChoiceField, self.fields["organisation"])  # type: ignore[type-arg]
        mine.queryset = organisations_of(actor, policy.BOOKERS)
        mine.empty_label = None
        for field in self.fields.values():
            field.label = capfirst(str(field.label))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, last, today = values.get("first_day"), values.get("last_day"), clock.today()
        if first and first < today:
            self.add_error("first_day", _("This day is over; choose today or a later one."))
        if first and (first - today).days > FARTHEST:
            self.add_error("first_day", _("Bookings begin within the next two years."))
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        if first and last and (last - first).days >= LONGEST:
            self.add_error("last_day", _("A booking lasts at most a year; ask again for a later time."))
        return values
