"""The form in which an organisation says what it wants to be offered."""

from typing import Any, cast

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.fields import DayInput, KeywordsField, TermsField
from jiandao.stages.exchange.models import OfferWish


class WishForm(forms.ModelForm):  # type: ignore[type-arg]
    keywords = KeywordsField(label=_("keywords"), required=False, most=10)
    least_level = forms.IntegerField(label=_("mature from level"), min_value=1, max_value=9, required=False)
    most_a_week = forms.IntegerField(label=_("at most so many a week"), min_value=1, max_value=20)
    fields_wanted = TermsField(
        "field", label=_("only these fields"), required=False, help_text=_("None ticked: all fields.")
    )

    class Meta:
        model = OfferWish
        fields = ("wanted", "text", "keywords", "least_level", "most_a_week", "paused_until")
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "paused_until": DayInput()}
        help_texts = {
            "wanted": _("Your published needs and the text below are compared with each new result."),
            "text": _("What you would like to hear of, beyond your needs."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))
        kept = list(self.instance.fields.all()) if self.instance.pk is not None else []
        wanted = cast(TermsField, self.fields["fields_wanted"])
        wanted.offer(kept)
        wanted.initial = kept
