"""Keeping and giving back what somebody typed."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.drafts.models import Draft
from jiandao.kernel.programme import Programme
from jiandao.kernel.texts import without_unstorable


class StaleDraft(ValueError):
    """Another tab of the same person saved this form in between; `draft` is what that tab saved."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("another tab saved this form")
        self.draft = draft


@dataclass(frozen=True)
class Key:
    """Which form of whom."""

    account: Account
    programme: Programme | None
    form: str
    record_id: int | None


def kept(key: Key) -> Draft | None:
    """What was typed and not saved, if anything."""
    return _rows(key).first()


@transaction.atomic
def keep(key: Key, *, data: dict[str, Any], base_version: int, serial: int) -> int:
    """Keep what was typed; returns the new serial. `serial` is the one the form was given; 0 for a fresh form.

    Raises StaleDraft when another tab kept something since, and overwrites nothing.
    """
    data = without_unstorable(data)
    changed = (
        _rows(key)
        .filter(serial=serial)
        .update(data=data, base_version=base_version, serial=F("serial") + 1, saved_at=clock.now())
    )
    if changed:
        return serial + 1
    draft, created = Draft.objects.get_or_create(
        account=key.account,
        programme=key.programme,
        form=key.form,
        record_id=key.record_id,
        defaults={"data": data, "base_version": base_version},
    )
    if not created:
        raise StaleDraft(draft)
    return draft.serial


def drop(key: Key) -> None:
    """The form was saved or given up."""
    _rows(key).delete()


def _rows(key: Key) -> QuerySet[Draft]:
    return Draft.objects.filter(account=key.account, programme=key.programme, form=key.form, record_id=key.record_id)
