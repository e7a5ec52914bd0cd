"""What surrounds every page: name, navigation, search, language, person, footer.

A middleware or the view's base class puts a `Shell` on the request; the context processor below hands it to the
templates and asks the database nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from jiandao.kernel.components.shapes import Link


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation; `count` shows how much waits there."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """What a government site must say about itself; an empty line is not shown."""

    host: str = ""
    undertaker: str = ""
    icp: str = ""
    police: str = ""
    police_url: str = ""
    site_code: str = ""
    contact: str = ""
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class TourCard:
    """One stop of a guided tour: `anchor` (CSS) is the part of the page that is meant; an empty address has no button."""

    label: str
    title: str
    text: str
    number: int
    count: int
    anchor: str = ""
    back_url: str = ""
    next_url: str = ""
    end: Link = field(default_factory=lambda: Link("", ""))


@dataclass(frozen=True, slots=True)
class Shell:
    """`person` empty: nobody is signed in. `notifications` None: no bell. `demo` shows the banner.

    palette_url : answers with the options of the command palette; empty: there is none
    """

    programme: str = ""
    demo: bool = False
    navigation: Sequence[NavItem] = ()
    home_url: str = "/"
    search_url: str = ""
    search_text: str = ""
    palette_url: str = ""
    person: str = ""
    organisation: str = ""
    roles: Sequence[str] = ()
    account_links: Sequence[Link] = ()
    sign_in_url: str = ""
    sign_out_url: str = ""
    notifications: int | None = None
    notifications_url: str = ""
    footer: Footer = field(default_factory=Footer)
    tour: TourCard | None = None


EMPTY = Shell()


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` as the middleware set it on the request (it may be lazy), else an empty one."""
    return {"shell": getattr(request, "shell", None) or EMPTY}
