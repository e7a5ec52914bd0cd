"""What follows from a transition, in the same transaction."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import secrecy
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.perform import Event
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.search.changes import note_change
from jiandao.stages.people.queries import ids_same_as

MESSAGES.update(
    {
        "need.submit": _("A need was submitted and waits for the form check: %(title)s"),
        "need.publish": _("Your need was published: %(title)s"),
        "need.return": _("Your need was returned: %(title)s. Reason: %(reason)s"),
        "need.withdraw": _("A need was withdrawn: %(title)s. Reason: %(reason)s"),
    }
)


def refresh_index(event: Event) -> None:
    """Ask the followers to look at the record again."""
    note_change(event.record)


def tell_officers(event: Event) -> None:
    """The officers of the programme; of a need-to-know record only those on its list."""
    officers = list(holders({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, [event.record.programme_id]))
    _tell(event, officers)


def tell_owners(event: Event) -> None:
    """The need owners of the organisation that asks."""
    ids = ids_same_as(event.record.organisation_id)
    _tell(event, list(holders({Role.NEED_OWNER}, Scope.ORGANISATION, ids)))


def _tell(event: Event, accounts: list[Account]) -> None:
    record = event.record
    if record.is_need_to_know:
        on_list = set(secrecy.knowers(record.kind, record.pk).values_list("pk", flat=True))
        accounts = [account for account in accounts if account.pk in on_list]
    # The title of a confidential record does not leave the record, not even to those on its list.
    title = record.public_id if record.is_need_to_know else record.title
    tell(
        accounts=accounts,
        code=f"need.{event.verb}",
        record=record,
        actor=event.actor,
        facts={"title": title, "reason": "" if record.is_need_to_know else event.reason},
    )
