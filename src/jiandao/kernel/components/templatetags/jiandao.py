"""Template tags: `{% load jiandao %}`."""

from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

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


@register.filter
def shown(value: Any) -> SafeString:
    """A Badge, a Due or a Link as HTML; anything else escaped."""
    from django.utils.html import conditional_escape

    return conditional_escape("" if value is None else value)
