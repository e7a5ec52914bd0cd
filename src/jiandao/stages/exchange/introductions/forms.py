"""Forms of introductions, meetings, cooperations and outcomes."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.pages.fields import DayInput, WanField, bound_days
from jiandao.kernel.texts import is_blank
from jiandao.stages.exchange.models import CooperationRecord, Meeting, Outcome
from jiandao.stages.people.models import Organisation, Person
from jiandao.stages.people.queries import members_of


class _Plain(forms.ModelForm):  # type: ignore[type-arg]
    """Labels begin large; a text of spaces is no text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound_days(self)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField) and field.required and name in values and is_blank(values[name]):
                self.add_error(name, field.error_messages["required"])
        return values


class ConsentForm(forms.Form):
    """What a side says of itself: whom the other side may call, and what opens with the contact."""

    contact = forms.ModelChoiceField(
        Person.objects.none(),
        label=_("Whom they may call"),
        help_text=_(
            "Once the contact is open, the other side reads name, telephone number and e-mail address, and which "
            "certificates of your organisation are in force."
        ),
    )
    wants_nda = forms.BooleanField(
        label=_("Both sides sign a non-disclosure agreement first"),
        required=False,
        help_text=_("Then nothing opens before both have attached it here, signed."),
    )
    private = forms.CharField(
        label=_("What they may read only then"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Process data, failures, prices: whatever helps a first talk and is nobody else's business."),
    )

    def __init__(self, *args: Any, organisation: Organisation | None, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if organisation is None:  # the office proposes for others and says nothing in their name
            for name in ("contact", "wants_nda", "private"):
                del self.fields[name]
            return
        contact = cast(forms.ModelChoiceField, self.fields["contact"])  # type: ignore[type-arg]
        contact.queryset = members_of(organisation).order_by("name", "pk")
        contact.initial = contact.queryset.filter(account=actor.account_id).first()
        contact.empty_label = None


class ProposalForm(ConsentForm):
    """Why these two should talk."""

    message = forms.CharField(
        label=_("Why these two should talk"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Both sides read this before they decide; nothing confidential, no names."),
    )
    source = forms.ChoiceField(
        label=_("Whose question it is"),
        help_text=_("Several needs went into this challenge; the introduction is with one of them."),
    )
    field_order = ("source", "message", "contact", "wants_nda", "private")

    def __init__(self, *args: Any, sources: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(sources) > 1:
            cast(forms.ChoiceField, self.fields["source"]).choices = list(sources)
        else:
            del self.fields["source"]

    def clean_message(self) -> str:
        message: str = self.cleaned_data["message"]
        if is_blank(message):
            raise forms.ValidationError(self.fields["message"].error_messages["required"], code="required")
        return message


EARLIEST = date(2000, 1, 1)  # what is older was typed wrongly
LONGEST_CONTRACT = 50  # years
LARGEST_AMOUNT = 100_000_000_000_00  # fen


def _too_early() -> str:
    return _("Days before %(day)s cannot be meant; correct the year.") % {"day": EARLIEST}


class SignForm(forms.Form):
    """The agreement of the own side: signed, or to be read by the other side before."""

    file = forms.FileField(
        label=_("The non-disclosure agreement (PDF or picture)"),
        required=False,
        help_text=_("Your own copy; a paper of the other side does not stand for your signature."),
    )
    confirmed = forms.BooleanField(
        label=_("Our side has signed the non-disclosure agreement that is attached here."),
        required=False,
        help_text=_("Leave it open to attach the text first, so that the other side can read it."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("file") and not values.get("confirmed"):
            self.add_error("confirmed", _("Attach the agreement, or confirm that your side has signed it."))
        return values


class MeetingForm(_Plain):
    class Meta:
        model = Meeting
        fields = ("on", "how", "note")
        widgets = {"on": DayInput(), "note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"note": _("What was agreed, what is open, who does what until when. Both sides read it.")}

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on > clock.today():
            raise forms.ValidationError(_("Enter a meeting when it has taken place."), code="ahead")
        if on < EARLIEST:
            raise forms.ValidationError(_too_early(), code="early")
        return on


class CooperationForm(_Plain):
    amount_fen = WanField(label=_("amount of the contract"), required=False, positive=False)

    class Meta:
        model = CooperationRecord
        fields = ("title", "cooperation_kind", "signed_on", "ends_on", "amount_fen", "contract_number")
        widgets = {"signed_on": DayInput(), "ends_on": DayInput()}
        help_texts = {
            "title": _("As it stands on the contract."),
            "contract_number": _("Where the contract was registered; needed for the tax relief."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        signed, ends = values.get("signed_on"), values.get("ends_on")
        if signed and signed < EARLIEST:
            self.add_error("signed_on", _too_early())
        if signed and ends and ends.year > signed.year + LONGEST_CONTRACT:
            self.add_error("ends_on", _("No contract runs so long; correct the year."))
        if (values.get("amount_fen") or 0) > LARGEST_AMOUNT:
            self.add_error("amount_fen", _("No contract is so large; amounts are in CNY 10,000."))
        if signed and signed > clock.today():
            self.add_error("signed_on", _("This day lies ahead; enter the agreement when it is signed."))
        if signed and ends and ends < signed:
            self.add_error("ends_on", _("It would end before it was signed."))
        return values


class OutcomeForm(_Plain):
    paid_fen = WanField(label=_("paid so far"), required=False, positive=False)
    sales_fen = WanField(label=_("sales or savings through it so far"), required=False, positive=False)

    class Meta:
        model = Outcome
        fields = ("use", "paid_fen", "sales_fen", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"note": _("Which indicators are reached on the line, and which are not.")}
