"""What the ledger refuses, in words, with the amounts as their reader writes them."""

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.components.formats import money
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.money import LARGEST_FEN
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused, reasons

# An amount in a refusal: put into words when somebody reads it, in that reader's language.
amount = lazy(money, str)

reasons.add(
    {
        "ledger.amount": _("An amount of the ledger is more than nothing; this is %(asked)s."),
        "ledger.too_large": _("%(asked)s is larger than any amount here can be (%(largest)s)."),
        "ledger.text": _("Say in a few words (at most %(most)s characters) what the entry is for."),
        "ledger.key": _("A key has at most %(most)s characters."),
        "ledger.future": _("The date of account %(day)s has not come yet; today is %(today)s."),
        "ledger.exceeded": _("The envelope “%(envelope)s” holds %(free)s free; %(asked)s were asked."),
        "ledger.lower": _(
            "Of the envelope “%(envelope)s” only %(free)s are free; it cannot be lowered by %(asked)s. Release first."
        ),
        "ledger.stage": _("Of “%(reservation)s” %(there)s are %(stage)s; %(asked)s were asked."),
        "ledger.nothing_left": _("Of “%(reservation)s” nothing is %(stage)s any more."),
        "ledger.envelope_exists": _("There is an envelope “%(envelope)s” of that year already; raise or lower it."),
        "ledger.year": _("%(year)s is no year of a budget; write four digits."),
        "ledger.account_exists": _("The account %(code)s exists already: %(name)s."),
        "ledger.account_named": _("An account has a code (at most 20 characters) and a name (at most 100)."),
        "ledger.control": _("The account “%(account)s” moves only with envelopes; nobody posts to it by hand."),
        "ledger.lines": _("An entry has between 2 and %(most)s lines; this has %(count)s."),
        "ledger.zero_line": _("Line %(line)s moves nothing; leave it out."),
        "ledger.unbalanced": _("Debits are %(debits)s, credits %(credits)s: they must be equal."),
        "ledger.elsewhere": _("“%(what)s” belongs to another programme."),
        "ledger.reversed": _("This entry was reversed on %(day)s already."),
        "ledger.reverse_of_reverse": _("This is a counter-entry itself; enter anew what it took back."),
        "ledger.reverse_used": _(
            "The entry over %(asked)s cannot be taken back, because later entries rest on it. Reverse those first."
        ),
        "ledger.period": _("The period ends on %(until)s, before it begins on %(since)s."),
        "ledger.key_used": _("The key “%(key)s” was used for another entry (%(entry)s). Nothing was booked."),
    }
)
COMMON_VERBS.update(
    {
        "open-account": _("open an account"),
        "open-envelope": _("open an envelope"),
        "raise-envelope": _("raise the envelope"),
        "lower-envelope": _("lower the envelope"),
        "reserve-money": _("reserve money"),
        "commit-money": _("commit money"),
        "pay-money": _("pay money"),
        "release-money": _("release money"),
        "post-entry": _("post an entry"),
        "reverse-entry": _("reverse by a counter-entry"),
    }
)


def refused(code: str, aspect: Aspect = Aspect.GUARD, /, **facts: Any) -> NotAllowed:
    """The refusal, to raise. Amounts among the facts are already in words (`amount`)."""
    return NotAllowed(Refused(code, aspect, facts))


def checked_fen(fen: int) -> int:
    """`fen` when it is an integer (and no bool); TypeError otherwise: no caller rounds on its way here."""
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError(f"money is an integer number of fen, not {fen!r}")
    return fen


def checked_amount(fen: int) -> int:
    """`fen` when it is a whole, positive amount that can be kept; TypeError when it is no integer, else NotAllowed."""
    if checked_fen(fen) <= 0:
        raise refused("ledger.amount", asked=amount(fen))
    if fen > LARGEST_FEN:
        raise refused("ledger.too_large", asked=amount(fen), largest=amount(LARGEST_FEN))
    return fen
