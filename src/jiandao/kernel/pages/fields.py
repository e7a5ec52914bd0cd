"""Form fields that every room uses: money in 万元, keywords, terms of a vocabulary."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.models import ModelChoiceIterator
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.components.formats import options
from jiandao.kernel.money import FEN_PER_YUAN, MoneyFault, fen_from_wan, fen_from_yuan, in_wan
from jiandao.kernel.vocabulary.models import Term
from jiandao.kernel.vocabulary.terms import offered


class DayInput(forms.DateInput):
    """A day, as the browser offers a calendar for and as a Chinese office writes it: 2026-11-22."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(attrs=dict(attrs or {}), format="%Y-%m-%d")


def day_within_reason(day: date) -> None:
    """A day that somebody can mean: a year of one digit is a slip, and one of the far future counts for ever."""
    if not 1900 <= day.year <= 2200:
        raise ValidationError(
            _("%(day)s cannot be meant; write a day between 1900 and 2200, as 2026-11-22."),
            code="day",
            params={"day": day.isoformat()},
        )


class DayField(forms.DateField):
    """A day within reason, typed or chosen from the browser's calendar."""

    widget = DayInput
    default_validators = [*forms.DateField.default_validators, day_within_reason]


def bound_days(form: forms.BaseForm) -> None:
    """The same for the days of a model's form, whose fields Django makes."""
    for field in form.fields.values():
        if isinstance(field, forms.DateField) and day_within_reason not in field.validators:
            field.validators.append(day_within_reason)


class WanField(forms.CharField):
    """Money, typed in 万元 and kept in fen; a fraction of a fen is refused."""

    help = _("In units of CNY 10,000, as 1250.50.")

    def __init__(self, *, positive: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", self.help)
        super().__init__(**kwargs)
        self.positive = positive
        self.widget.attrs |= {"inputmode": "decimal", "maxlength": "30"}

    def typed(self, fen: int) -> Decimal:
        """The amount as it is typed."""
        return in_wan(fen)

    def fen(self, text: str) -> int:
        """The amount that was typed; MoneyFault when it is none."""
        return fen_from_wan(text)

    def prepare_value(self, value: Any) -> Any:
        return f"{self.typed(value).normalize():f}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            fen = self.fen(text)
        except MoneyFault as fault:
            raise ValidationError(str(fault), code="money") from fault
        if fen < 0 or (self.positive and fen == 0):
            raise ValidationError(_("The amount must be above nought."), code="money")
        return fen

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class YuanField(WanField):
    """Money, typed in 元 and kept in fen: for prices, which are small."""

    help = _("In yuan (CNY), as 350 or 99.50.")

    def typed(self, fen: int) -> Decimal:
        return Decimal(fen) / FEN_PER_YUAN

    def fen(self, text: str) -> int:
        return fen_from_yuan(text)


class KeywordsField(forms.CharField):
    """Keywords, separated as people do it: commas of either width, 、 or semicolons."""

    def __init__(self, *, most: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow(most)

    def allow(self, most: int) -> None:
        """Set how many are taken, and say so beside the field."""
        self.most = most
        self.help_text = lazy(lambda: gettext("At most %(most)s, separated by commas.") % {"most": most}, str)()

    def prepare_value(self, value: Any) -> Any:
        return "，".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = split_keywords(super().to_python(value) or "")
        if len(words) > self.most:
            raise ValidationError(
                _("These are %(count)s keywords; at most %(most)s help."),
                code="many",
                params={"count": len(words), "most": self.most},
            )
        for word in words:
            if len(word) > 40:
                raise ValidationError(_("“%(word)s” is too long for a keyword."), code="long", params={"word": word})
        return words


def split_keywords(text: str) -> list[str]:
    """The keywords of a text, each once, in their order."""
    return list(dict.fromkeys(word.strip() for word in re.split(r"[,，、;；\n]+", text) if word.strip()))


class FlatSelect(forms.Select):
    """A select without groups, rendered in one piece."""

    def render(
        self, name: str, value: Any, attrs: "dict[str, Any] | None" = None, renderer: "BaseRenderer | None" = None
    ) -> SafeString:
        shown = options(self.choices, set(self.format_value(value) or ()))
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), shown)


class TermChoices(ModelChoiceIterator):  # type: ignore[type-arg]
    """The terms that are offered today, and those that were chosen before, without asking the database each time."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        terms = offered(self.field.vocabulary, clock.today())  # type: ignore[attr-defined]
        kept = getattr(self.field, "kept", None)
        for term in terms if kept is None or kept in terms else (*terms, kept):
            yield term.pk, str(term)


class TermField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A term of a vocabulary that is valid today."""

    iterator = TermChoices
    widget = FlatSelect

    def __init__(self, vocabulary: str, **kwargs: Any) -> None:
        self.vocabulary = vocabulary
        self.kept: Term | None = None
        super().__init__(queryset=Term.objects.none(), **kwargs)

    def offer(self, kept: Term | None) -> None:
        """Fill the choices: the terms valid today, and the one that the record has already."""
        self.kept = kept
        terms = Term.objects.of(self.vocabulary, clock.today())
        if kept is not None:
            terms = terms | Term.objects.filter(pk=kept.pk)
        self.queryset = terms


class TermsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Any number of the terms of a vocabulary that are valid today; `top` leaves out what stands below another one."""

    def __init__(self, vocabulary: str, *, top: bool = False, **kwargs: Any) -> None:
        self.vocabulary, self.top = vocabulary, top
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(queryset=Term.objects.none(), **kwargs)

    def offer(self, chosen: Iterable[Term] = ()) -> None:
        """Fill the choices; what was chosen once stays among them, valid today or not."""
        terms = Term.objects.of(self.vocabulary, clock.today())
        terms = terms.filter(parent__isnull=True) if self.top else terms
        kept = [term.pk for term in chosen]
        if kept:
            found = Term.objects.filter(Q(pk__in=terms.values("pk")) | Q(pk__in=kept))
            terms = found.order_by("position")
        self.queryset = terms
