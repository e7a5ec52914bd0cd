"""Entering editions: an officer's from today on, and the defaults that the code brings."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused, reasons
from jiandao.kernel.programme import Programme
from jiandao.kernel.rulebook import policy, reading
from jiandao.kernel.rulebook.declarations import FIRST_DAY, Declared, RuleFault, declared
from jiandao.kernel.rulebook.models import RuleEdition

COMMON_VERBS.update({"edit-rule": _("new edition of a rule")})
reasons.add(
    {
        "rulebook.value": _("This value cannot be: %(fault)s"),
        "rulebook.shared": _("This rule is about the directory that all programmes share; it has one value for all."),
        "rulebook.unknown": _("There is no rule “%(code)s”."),
        "rulebook.reason": _("Say why the rule changes, and in which document the new value stands."),
        "rulebook.stale": _("Edition %(edition)s was entered after you opened the rule. Look at it first."),
    }
)


@transaction.atomic
def edit(
    *,
    actor: Actor,
    programme: Programme,
    code: str,
    value: Any,
    reason: str,
    source: str,
    verified: bool = False,
    seen_edition: int | None = None,
) -> RuleEdition:
    """A new edition of a rule for `programme`, from today on; what was decided before keeps its edition.

    `value` is typed as the rule is. `seen_edition` is the programme's own edition that the officer looked at (0: none
    yet); when another was entered since, the edit is refused. Raises NotAllowed.
    """
    role = decide(actor, policy.EDIT_RULES, programme)
    one = declared().get(code)
    if one is None:
        raise NotAllowed(Refused("rulebook.unknown", facts={"code": code}))
    if not one.by_programme:
        raise NotAllowed(Refused("rulebook.shared"))
    if not reason.strip() or not source.strip():
        raise NotAllowed(Refused("rulebook.reason"))
    try:
        one.checked(value)
    except RuleFault as fault:
        raise NotAllowed(Refused("rulebook.value", facts={"fault": str(fault)})) from fault
    transaction_lock(f"rule {code} of programme {programme.pk}")
    last = latest_edition(code, programme.pk)
    if seen_edition is not None and seen_edition != last:
        raise NotAllowed(Refused("rulebook.stale", Aspect.STATE, {"edition": last}))
    before = reading.in_force(code, clock.today(), programme.pk)
    made = _enter(
        one,
        edition=last + 1,
        value=value,
        valid_from=clock.today(),
        programme=programme,
        source=source.strip(),
        verified=verified,
        reason=reason.strip(),
        entered_by=actor.account,
    )
    journal.record(
        actor=actor,
        role=role,
        verb="edit-rule",
        record=made,
        before={"value": before.value, "edition": before.edition} if before else None,
        after={"value": made.value, "edition": made.edition, "source": made.source, "verified": made.verified},
        reason=made.reason,
        facts={"code": code},
        rule=policy.EDIT_RULES.code,
    )
    reading.forget()
    return made


def load_rules() -> int:
    """Bring the defaults of all rooms into the database as general editions; returns how many were new.

    A default that differs from the last general edition becomes a new one from today on. Nothing is ever removed.
    """
    entered = 0
    for one in declared().values():
        transaction_lock(f"rule {one.code}")
        last = RuleEdition.objects.filter(code=one.code, programme__isnull=True).order_by("-edition").first()
        same = last is not None and (last.value, last.source, last.verified) == (
            one.kept(one.default), one.source, one.verified,
        )  # fmt: skip
        if same:
            continue
        _enter(
            one,
            edition=last.edition + 1 if last else 1,
            value=one.default,
            valid_from=clock.today() if last else FIRST_DAY,
            source=one.source,
            verified=one.verified,
        )
        entered += 1
    reading.forget()
    return entered


def latest_edition(code: str, programme_id: int | None) -> int:
    """The number of the last edition of that programme's own (none: the general ones); 0 when there is none."""
    own = {"programme__isnull": True} if programme_id is None else {"programme": programme_id}
    last: int | None = RuleEdition.objects.filter(code=code, **own).aggregate(last=Max("edition"))["last"]
    return last or 0


def _enter(one: Declared, *, value: Any, valid_from: date, **more: Any) -> RuleEdition:
    with translation.override(
        "en"
    ):  # what a row keeps does not hang on who wrote it; pages show the declaration's words
        unit, basis = str(one.unit), str(one.basis)
    return RuleEdition.objects.create(
        code=one.code, value=one.kept(value), unit=unit, valid_from=valid_from, date_basis=basis, **more
    )
