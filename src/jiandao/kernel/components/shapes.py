"""The smallest shapes: a link, a state's badge, a deadline. Each renders itself: lists hold hundreds of them."""

import datetime
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal
from urllib.parse import urlsplit

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from jiandao.kernel.components.formats import day, days_left, escape

Tone = Literal["neutral", "waiting", "active", "done", "stop"]
SOON = 3
"""Days before a deadline from which it is shown as near."""

# The state is never told by colour alone: each tone has its own icon beside the words.
TONE_ICONS = {
    "neutral": "circle-dashed",
    "waiting": "hourglass",
    "active": "player-play",
    "done": "circle-check",
    "stop": "ban",
}


@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the words beside it carry the meaning."""
    return mark_safe(  # noqa: S308 - the name is escaped, the address is ours
        f'<svg class="icon" aria-hidden="true" focusable="false"><use href="{_sprite()}#{escape(name)}"></use></svg>'
    )


@cache
def _sprite() -> str:
    return static("vendor/icons.svg")


def safe_url(url: str) -> str:
    """`url` if it leads to a web page or into this site; else "#": a record must never carry a `javascript:` link."""
    if url.startswith("/"):
        return url
    cleaned = "".join(c for c in url if c > " ")
    return cleaned if urlsplit(cleaned).scheme.lower() in {"", "http", "https", "mailto", "tel"} else "#"


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    download: bool = False

    def __html__(self) -> SafeString:
        """The anchor; the address passes `safe_url`."""
        return mark_safe(f'<a href="{escape(safe_url(self.url))}">{escape(self.label)}</a>')  # noqa: S308

    __str__ = __html__  # so that {{ }} in a template shows it


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, with a tone: neutral (draft), waiting (someone must act), active, done, stop (refused)."""

    label: str
    tone: Tone = "neutral"
    title: str = ""

    def __html__(self) -> SafeString:
        """The badge with its icon."""
        title = f' title="{escape(self.title)}"' if self.title else ""
        return mark_safe(  # noqa: S308
            f'<span class="jd-badge jd-badge-{escape(self.tone)}"{title}>'
            f"{icon(TONE_ICONS.get(self.tone, 'circle-dashed'))}{escape(self.label)}</span>"
        )

    __str__ = __html__  # so that {{ }} in a template shows it


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a date or, on the programme's clock, of a moment; and who did something then."""

    at: datetime.date
    who: str = ""

    def __html__(self) -> SafeString:
        """The name, and the day as one word."""
        date = day(self.at)
        name = f"{escape(self.who)} " if self.who else ""
        return mark_safe(f'{name}<time datetime="{date}">{date}</time>')  # noqa: S308

    __str__ = __html__  # so that {{ }} in a template shows it


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline: its day, and how many days are left on the programme's clock (negative when overdue)."""

    date: datetime.date
    days: int

    @classmethod
    def of(cls, date: datetime.date, today: datetime.date) -> "Due":
        """The deadline `date` seen on the day `today`."""
        return cls(date, (date - today).days)

    @property
    def overdue(self) -> bool:
        """True from the day after the deadline."""
        return self.days < 0

    def __html__(self) -> SafeString:
        """The day and, when it is near or past, how near."""
        date = day(self.date)
        shown = f'<time datetime="{date}">{date}</time>'
        if self.overdue:
            words = f'<span class="jd-overdue">{icon("alert-triangle")}{escape(days_left(self.days))}</span>'
        elif self.days <= SOON:
            words = f'<span class="jd-soon">{icon("clock")}{escape(days_left(self.days))}</span>'
        else:
            words = f'<span class="jd-later">{escape(days_left(self.days))}</span>'
        return mark_safe(f'<span class="jd-due">{shown} {words}</span>')  # noqa: S308

    __str__ = __html__  # so that {{ }} in a template shows it
