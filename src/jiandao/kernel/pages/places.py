"""Where the page of a record is: each room says it once for each kind of its records."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from jiandao.kernel.components import Link
from jiandao.kernel.programme import Programme, ProgrammeRecord


@dataclass(frozen=True)
class Place:
    """The route of the page of a record, and its model."""

    route: str
    model: type[Any]

    @property
    def in_programme(self) -> bool:
        return issubclass(self.model, ProgrammeRecord)


PLACES: dict[str, Place] = {}


def place(model: type[Any], route: str) -> None:
    """Register the page of a kind of records. ValueError when the kind has another one already."""
    known = PLACES.setdefault(model.kind, Place(route, model))
    if known != Place(route, model):
        raise ValueError(f"two pages for {model.kind}")


def url_of(record: Any) -> str:
    """The address of a record's page; of one of a programme, `record.programme` is read. KeyError: it has no page."""
    found = PLACES[record.kind]
    kwargs = {"public_id": record.public_id}
    if found.in_programme:
        kwargs["programme"] = record.programme.slug
    return reverse(found.route, kwargs=kwargs)


def url_by_key(kind: str, key: int, programme: Programme | None) -> str:
    """The address of the record with that key; empty when there is none, or none with a page. One query."""
    found = PLACES.get(kind)
    if found is None or (found.in_programme and programme is None):
        return ""
    public_id = found.model._base_manager.filter(pk=key).values_list("public_id", flat=True).first()
    if public_id is None:
        return ""
    kwargs = {"public_id": public_id}
    if found.in_programme and programme is not None:
        kwargs["programme"] = programme.slug
    return reverse(found.route, kwargs=kwargs)


# kind -> what later rooms offer on the page of a record of an earlier one: (this reader's links)
FURTHER: dict[str, list[Callable[[Any, Any], list[Link]]]] = {}


# kind -> what later rooms offer on the list of records of an earlier one: (this reader's buttons)
FURTHER_BUTTONS: dict[str, list[Callable[[Any], list[Link]]]] = {}


def further_buttons(request: Any, kind: str) -> list[Link]:
    """The buttons that later rooms add to the list of a kind."""
    return [link for links in FURTHER_BUTTONS.get(kind, ()) for link in links(request)]


def further_links(request: Any, record: Any) -> list[Link]:
    """The links that later rooms add to the page of a record."""
    return [link for links in FURTHER.get(record.kind, ()) for link in links(request, record)]
