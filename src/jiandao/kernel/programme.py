"""Programmes, and the scope that keeps every query inside one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import get_language
from django_scopes import ScopedManager, get_scope, scope, scopes_disabled

from jiandao.kernel.kept import Kept


class Programme(models.Model):
    """A breakthrough programme (攻关工程) with its own records, officers and rules."""

    kind = "kernel.programme"  # under which the journal knows it

    slug = models.SlugField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    is_demonstration = models.BooleanField(default=False)  # shown as 演示数据 on every page
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "jd_kernel"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name_en if (get_language() or "zh").startswith("en") else self.name_zh


_by_slug: Kept[Programme] = Kept()


def programme_named(slug: str) -> Programme | None:
    """The programme of that slug, which every address of its pages names; kept for some seconds."""
    return _by_slug.get(slug, lambda: next(iter(Programme.objects.filter(slug=slug).order_by()[:1]), None))


class ProgrammeRecord(models.Model):
    """A record that belongs to one programme. Its manager refuses a query that names no programme."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Any]] = ScopedManager(programme="programme")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.programme_id is None:
            self.programme = current_programme()
        super().save(*args, **kwargs)

    @classmethod
    def everywhere(cls) -> "models.QuerySet[Self]":
        """Records of all programmes: for the kernel's own work (indexing, sealing, checks), never for a page."""
        queryset: models.QuerySet[Self] = cls.objects.with_scopes_disabled().all()  # type: ignore[attr-defined]
        return queryset


class NoProgramme(LookupError):
    """Code asked for the current programme outside a programme's scope."""


def current_programme() -> Programme:
    """The programme of the running request, job or command."""
    programme = get_scope().get("programme")
    if isinstance(programme, int):
        programme = Programme.objects.get(pk=programme)
    if not isinstance(programme, Programme):
        raise NoProgramme("no programme is active here; wrap the call in in_programme(...)")
    return programme


@contextmanager
def in_programme(programme: Programme) -> Iterator[Programme]:
    """Within the block every query of a programme's records stays inside `programme`."""
    with scope(programme=programme):
        yield programme


@contextmanager
def beside(record: Any) -> Iterator[None]:
    """Within the block queries stay inside the programme of `record`; a record of no programme changes nothing."""
    programme_id = getattr(record, "programme_id", None)
    if programme_id is None:
        yield
        return
    with scope(programme=programme_id):
        yield


__all__ = [
    "NoProgramme",
    "Programme",
    "ProgrammeRecord",
    "beside",
    "current_programme",
    "in_programme",
    "scopes_disabled",
]
