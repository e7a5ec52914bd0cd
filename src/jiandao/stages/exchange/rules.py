"""Numbers of regulations that this room decides by."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from jiandao.kernel.rulebook import Kind, reads

_FORM = gettext_noop("Form for needs of Hebei province, read in a public repository; none of Hubei was found")

TEXT_LIMIT = reads(
    "exchange.need.text_limit",
    Kind.INTEGER,
    _("A long text of a need (problem, goal, conditions) has at most this many characters when it is handed in."),
    default=500,
    unit=_("characters"),
    basis=_("the day on which the need is handed in"),
    source=_FORM,
    least=100,
    most=10_000,
)

KEYWORDS_MOST = reads(
    "exchange.need.keywords_most",
    Kind.INTEGER,
    _("A need carries at most this many keywords."),
    default=5,
    unit=pgettext_lazy("unit", "keywords"),
    basis=_("the day on which the form is saved"),
    source=_FORM,
    least=1,
    most=50,
)

FILES_MOST = reads(
    "exchange.files.most",
    Kind.INTEGER,
    _("A need or a result carries at most this many files."),
    default=20,
    unit=_("files"),
    basis=_("the moment of attaching"),
    source=gettext_noop("Set by this software, so that a reader can look through them; no regulation names a number"),
    least=1,
    most=200,
)

RESULT_KEYWORDS_MOST = reads(
    "exchange.result.keywords_most",
    Kind.INTEGER,
    _("A result carries at most this many keywords."),
    default=30,
    unit=pgettext_lazy("unit", "keywords"),
    basis=_("the day on which the form is saved"),
    source=gettext_noop(
        "Set by this software, because published papers carry ten and more; no regulation names a number"
    ),
    least=1,
    most=100,
)

LEAST_DESCRIPTION = reads(
    "exchange.result.least_description",
    Kind.INTEGER,
    _("A result is published only when its description has at least this many characters."),
    default=30,
    unit=_("characters"),
    basis=_("the day of publication"),
    source=gettext_noop("Set by this software, so that a match has something to compare; no regulation names a number"),
    least=1,
    most=10_000,
)

KEEP_DAYS = reads(
    "exchange.import.keep_days",
    Kind.INTEGER,
    _("An uploaded file that was not imported, or with faulty rows, is kept for at most this many days."),
    default=30,
    unit=_("calendar days"),
    basis=_("the day on which the import was last touched"),
    source=gettext_noop(
        "Set by this software, so that files with confidential rows do not lie about; no regulation names a number"
    ),
    least=1,
    most=365,
)

REMIND_DAYS = reads(
    "exchange.introduction.remind_days",
    Kind.INTEGER,
    _("When nothing happens in an introduction for so many days, the side whose turn it is is reminded, and again."),
    default=14,
    unit=_("calendar days"),
    basis=_("the day of the reminder"),
    source=gettext_noop("Set by this software; no regulation names a number"),
    least=1,
    most=90,
)

WAITING_MOST = reads(
    "exchange.introduction.waiting_most",
    Kind.INTEGER,
    _("An organisation has at most this many proposals that the other side has not answered."),
    default=30,
    unit=_("introductions"),
    basis=_("the moment of the proposal"),
    source=gettext_noop("Set by this software, so that nobody is swamped with proposals; no regulation names a number"),
    least=1,
    most=1_000,
)

OFFER_WAITS_DAYS = reads(
    "exchange.offer.waits_days",
    Kind.INTEGER,
    _("A result that fits waits at most this many days for room in the limit of an organisation's week."),
    default=90,
    unit=_("calendar days"),
    basis=_("the day on which there is room"),
    source=gettext_noop("Set by this software, so that nobody is offered what is old; no regulation names a number"),
    least=7,
    most=365,
)

GIVEN_UP_DAYS = reads(
    "exchange.introduction.given_up_days",
    Kind.INTEGER,
    _(
        "When nothing happens in an introduction for so many days, nobody is reminded any more; the office looks after it."
    ),
    default=120,
    unit=_("calendar days"),
    basis=_("the day of the reminder"),
    source=gettext_noop("Set by this software; no regulation names a number"),
    least=2,
    most=1_000,
)

OUTCOME_MONTHS = reads(
    "exchange.cooperation.outcome_months",
    Kind.LIST,
    _("The side that asked says what came of a cooperation after so many months: a whole number a line."),
    default=["6", "12", "36"],
    unit=pgettext_lazy("unit", "months after the signature"),
    basis=_("the day of the question"),
    source=gettext_noop("Set by this software; no regulation names a number"),
)

OUTCOME_REMIND_DAYS = reads(
    "exchange.cooperation.remind_days",
    Kind.INTEGER,
    _("While an outcome is due and not reported, the side that asked is reminded again after so many days."),
    default=30,
    unit=_("calendar days"),
    basis=_("the day of the reminder"),
    source=gettext_noop("Set by this software; no regulation names a number"),
    least=1,
    most=365,
)
