"""What an officer does with the outbox: hold, check, release, drop, try again. Each is one entry of the journal."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.notifications.models import MailState, Outbox, OutboxMail
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused, reasons
from jiandao.kernel.programme import Programme

# verb -> the states in which it is possible, and the state that follows
VERBS: dict[str, tuple[frozenset[str], MailState]] = {
    "release": (frozenset({MailState.HELD}), MailState.QUEUED),
    "hold": (frozenset({MailState.QUEUED, MailState.FAILED}), MailState.HELD),
    "retry": (frozenset({MailState.DEAD, MailState.BOUNCED, MailState.FAILED}), MailState.QUEUED),
    "drop": (
        frozenset({MailState.HELD, MailState.QUEUED, MailState.FAILED, MailState.BOUNCED, MailState.DEAD}),
        MailState.DROPPED,
    ),
}
LABELS = {"release": _("release"), "hold": _("hold"), "retry": _("try again"), "drop": _("drop")}
COMMON_VERBS.update(LABELS)
COMMON_VERBS.update({"hold-all": _("hold new mails"), "let-go": _("send new mails at once"), "bounce": _("came back")})
COMMON_VERBS.update({"release-all": _("release all held mails")})
reasons.add(
    {
        "outbox.state": _("This is possible only while the mail is: %(possible)s. Now it is: %(state)s."),
        "outbox.reason": _("Say why the mail is dropped."),
    }
)


def possible(mail: OutboxMail, verb: str) -> Refused | None:
    """None when the verb is possible now, else why not."""
    states, _target = VERBS[verb]
    if mail.state in states:
        return None
    shown = {"possible": [MailState(one).label for one in sorted(states)], "state": MailState(mail.state).label}
    return Refused("outbox.state", Aspect.STATE, shown)


@transaction.atomic
def do(*, actor: Actor, mail: OutboxMail, verb: str, reason: str = "", role: str = "") -> OutboxMail:
    """Do one of `VERBS` to a mail. NotAllowed when its state forbids it; a drop wants a reason."""
    fresh = OutboxMail.objects.select_for_update(of=("self",)).select_related("account", "programme").get(pk=mail.pk)
    refusal = possible(fresh, verb)
    if refusal is None and verb == "drop" and not reason.strip():
        refusal = Refused("outbox.reason")
    if refusal is not None:
        raise NotAllowed(refusal)
    before = fresh.state
    fresh.state = VERBS[verb][1]
    if fresh.state == MailState.QUEUED:
        fresh.next_try, fresh.attempts = clock.now(), 0
    fresh.version += 1
    fresh.changed_at = clock.now()
    fresh.save(update_fields=["state", "next_try", "attempts", "version", "changed_at"])
    journal.record(
        actor=actor,
        verb=verb,
        record=fresh,
        role=role,
        before={"state": before},
        after={"state": fresh.state},
        reason=reason.strip(),
    )
    return fresh


def outbox_of(programme: Programme) -> Outbox:
    """The outbox of a programme, not kept yet when nobody has changed it."""
    return Outbox.objects.filter(programme=programme).first() or Outbox(programme=programme)


def _locked(actor: Actor, programme: Programme) -> Outbox:
    Outbox.objects.get_or_create(programme=programme, defaults={"created_by": actor.account})
    return Outbox.objects.select_for_update(of=("self",)).get(programme=programme)


@transaction.atomic
def set_hold(*, actor: Actor, programme: Programme, hold: bool, role: str = "") -> Outbox:
    """From now on new mails of the programme wait for an officer, or go at once. Those that wait go on waiting."""
    outbox = _locked(actor, programme)
    if outbox.hold == hold:
        return outbox
    outbox.hold = hold
    outbox.version += 1
    outbox.changed_at = clock.now()
    outbox.save()
    journal.record(actor=actor, verb="hold-all" if hold else "let-go", record=outbox, role=role, after={"hold": hold})
    return outbox


@transaction.atomic
def release_all(*, actor: Actor, programme: Programme, role: str = "") -> int:
    """Release every held mail of the programme; how many."""
    outbox = _locked(actor, programme)
    held = OutboxMail.objects.filter(programme=programme, state=MailState.HELD)
    count = held.update(state=MailState.QUEUED, next_try=clock.now(), attempts=0, changed_at=clock.now())
    if count:
        journal.record(actor=actor, verb="release-all", record=outbox, role=role, facts={"count": count})
    return count
