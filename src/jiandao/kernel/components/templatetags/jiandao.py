"""Template tags: `{% load jiandao %}`."""

from django import forms, template
from django.utils.translation import pgettext

from jiandao.kernel.components import formats, shapes

register = template.Library()

register.filter("money", formats.money)
register.filter("wan", formats.wan)
register.filter("amount", formats.number)
register.filter("percent", formats.percent)
register.filter("day", formats.day)
register.filter("moment", formats.moment)
register.filter("size", formats.size)
register.filter("safe_url", shapes.safe_url)
register.simple_tag(shapes.icon, name="icon")


@register.filter
def limit(bound: forms.BoundField) -> int | None:
    """The most characters that a text field takes, for its counter."""
    if isinstance(bound.field.widget, (forms.Textarea, forms.TextInput)):
        return getattr(bound.field, "max_length", None)
    return None


@register.simple_tag
def colon() -> str:
    """The mark between a label and its value: ": " in English, "：" in Chinese."""
    return pgettext("between a label and its value", ": ")
