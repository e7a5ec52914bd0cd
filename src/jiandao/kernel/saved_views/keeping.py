"""Keeping saved views. They are a convenience of their owner, so the journal does not speak of them."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme
from jiandao.kernel.saved_views.models import SavedView

MOST = 30  # of one list: more are no longer found at a glance
LONGEST_NAME, LONGEST_QUERY = 60, 2000


class ViewFault(ValueError):
    """A view that cannot be kept; the text is a sentence for its owner."""


def of(account: Account, programme: Programme | None, list_name: str) -> list[SavedView]:
    """The views of a list that an account keeps, by name."""
    return list(SavedView.objects.filter(account=account, programme=programme, list_name=list_name))


def save(account: Account, programme: Programme | None, list_name: str, *, name: str, query: str) -> SavedView:
    """Keep a query string under a name; the same name is overwritten. ViewFault when it cannot be kept."""
    name = _checked(name)
    if len(query) > LONGEST_QUERY:
        raise ViewFault(_("These filters are too long to be saved; remove some."))
    with transaction.atomic():
        # The account's row is the lock of its views: two tabs cannot pass the limit together.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        own = SavedView.objects.filter(account=account, programme=programme, list_name=list_name)
        found = own.filter(name=name).first()
        if found is None and own.count() >= MOST:
            raise ViewFault(_("You keep %(most)s views of this list already; delete one first.") % {"most": MOST})
        view = found or SavedView(account=account, programme=programme, list_name=list_name, name=name)
        view.query, view.saved_at = query, clock.now()
        view.save()
    return view


def rename(view: SavedView, name: str) -> None:
    """Give another name. ViewFault when a view of this list has it already."""
    view.name = _checked(name)
    try:
        with transaction.atomic():
            view.save(update_fields=["name"])
    except IntegrityError as taken:
        raise ViewFault(_("You keep a view named “%(name)s” already.") % {"name": view.name}) from taken


def make_default(view: SavedView, *, default: bool) -> None:
    """With this view the list opens; at most one of each list. With `default` false it opens unfiltered again."""
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=view.account_id)
        own = SavedView.objects.filter(account=view.account_id, programme=view.programme_id, list_name=view.list_name)
        own.filter(is_default=True).update(is_default=False)
        SavedView.objects.filter(pk=view.pk).update(is_default=default)


def alert(view: SavedView, *, wanted: bool) -> None:
    """Tell the owner once a day of what is new in this view from now on, or no more."""
    SavedView.objects.filter(pk=view.pk).update(alerts=wanted, alerted_at=clock.now())


def delete(view: SavedView) -> None:
    """Forget a view; the list stays as it is."""
    view.delete()


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ViewFault(_("Give the view a name."))
    if len(name) > LONGEST_NAME:
        raise ViewFault(_("The name of a view has at most %(most)s characters.") % {"most": LONGEST_NAME})
    return name
