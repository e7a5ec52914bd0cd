"""Files to download, the outbox of mails, and which messages come by mail."""

from contextlib import nullcontext
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.api.entrance import for_tokens
from jiandao.kernel.components import Action, Badge, Fact, Link, Record
from jiandao.kernel.files import may_read, open_file
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.files.names import disposition
from jiandao.kernel.notifications import outbox as outboxes
from jiandao.kernel.notifications import preferences as choices
from jiandao.kernel.notifications.models import MailState, OutboxMail
from jiandao.kernel.notifications.rendering import letter, outline, sentence
from jiandao.kernel.notifications.tell import MESSAGES
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy import Allowed
from jiandao.kernel.programme import current_programme, in_programme
from jiandao.web import policy
from jiandao.web.views.jobs import with_names


def _files() -> QuerySet[StoredFile]:
    return StoredFile.objects.select_related("programme")


@for_tokens
@page(policy.READ_FILE, records=_files, programme=False)
def file(request: Request, stored: StoredFile) -> HttpResponseBase:
    """A download, never shown in the browser: nothing that somebody sent in runs on this site."""
    scope: Any = in_programme(stored.programme) if stored.programme else nullcontext()
    with scope:
        if not may_read(request.actor, stored):
            raise Http404
    try:
        content = open_file(stored)
    except FileNotFoundError as missing:
        raise Http404 from missing
    response = FileResponse(content, content_type=stored.media_type)
    response.headers["Content-Length"] = str(stored.size)
    response.headers["Content-Disposition"] = disposition(stored.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


# --- the outbox ----------------------------------------------------------------------------------------------------

_TONES = {
    MailState.HELD: "waiting",
    MailState.QUEUED: "active",
    MailState.SENDING: "active",
    MailState.SENT: "done",
    MailState.FAILED: "waiting",
    MailState.BOUNCED: "stop",
    MailState.DEAD: "stop",
}


def _mails() -> QuerySet[OutboxMail]:
    return OutboxMail.objects.filter(programme=current_programme()).select_related("account", "programme")


def _mail_badge(mail: OutboxMail) -> Badge:
    return Badge(str(MailState(mail.state).label), _TONES.get(MailState(mail.state), "neutral"))  # type: ignore[arg-type]


def _mail_url(mail: OutboxMail) -> str:
    assert mail.programme is not None
    return reverse("outbox-mail", kwargs={"programme": mail.programme.slug, "public_id": mail.public_id})


class MailFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of the outbox."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("state"), choices=MailState.choices, empty_label=gettext_lazy("any state")
    )
    address = django_filters.CharFilter(label=gettext_lazy("address"), lookup_expr="icontains")


MAILS = ListOf(
    title=gettext_lazy("Outbox"),
    name="outbox",
    columns=(
        ListColumn(gettext_lazy("message"), lambda mail: sentence(mail.code, mail.facts), primary=True),
        ListColumn(gettext_lazy("state"), _mail_badge, "badge"),
        ListColumn(gettext_lazy("to"), lambda mail: mail.who),
        ListColumn(gettext_lazy("address"), lambda mail: mail.address, sort="address", order_by=("address",)),
        ListColumn(
            gettext_lazy("written"), lambda mail: mail.created_at, "moment", sort="written", order_by=("created_at",)
        ),
        ListColumn(gettext_lazy("sent"), lambda mail: mail.sent_at, "moment", sort="sent", order_by=("sent_at",)),
        ListColumn(gettext_lazy("attempts"), lambda mail: mail.attempts, "number"),
        ListColumn(gettext_lazy("last error"), lambda mail: mail.last_error),
    ),
    filters=MailFilter,
    default_order="-written",
    url=_mail_url,
    empty=gettext_lazy("No mail was written in this programme yet."),
    muted=lambda mail: mail.state == MailState.DROPPED,
    route="outbox",
)


@page(policy.HOLD_OUTBOX)
def outbox(request: Request) -> HttpResponse:
    """The mails of the programme: what is held, on its way, sent, and what came back."""
    programme = request.programme
    assert programme is not None
    mails = _mails()
    state = request.GET.get("state", "")
    views = [
        Link(str(label), f"?state={value}", current=state == value)
        for value, label in MailState.choices
        if value in {MailState.HELD, MailState.BOUNCED, MailState.DEAD}
    ]
    listing = MAILS.listing(request, with_names(mails), views=views)
    context = {
        "listing": listing,
        "programme": programme,
        "hold": outboxes.outbox_of(programme).hold,
        "held": mails.filter(state=MailState.HELD).count(),
    }
    return render(request, "office/outbox.html", context)


@page(policy.HOLD_OUTBOX, methods=("POST",))
def hold(request: Request) -> HttpResponse:
    """Hold new mails, or send them at once."""
    programme = request.programme
    assert programme is not None
    wanted = request.POST.get("hold") == "yes"
    outboxes.set_hold(actor=request.actor, programme=programme, hold=wanted, role=_role(request, programme))
    messages.success(request, _("New mails are held.") if wanted else _("New mails are sent at once."))
    return redirect("outbox", programme=programme.slug)


@page(policy.HOLD_OUTBOX, methods=("POST",))
def release(request: Request) -> HttpResponse:
    """Release every held mail."""
    programme = request.programme
    assert programme is not None
    count = outboxes.release_all(actor=request.actor, programme=programme, role=_role(request, programme))
    said = ngettext("%(count)s mail is on its way.", "%(count)s mails are on their way.", count)
    messages.success(request, said % {"count": count})
    return redirect("outbox", programme=programme.slug)


@page(policy.HOLD_OUTBOX, records=_mails)
def mail(request: Request, one: OutboxMail) -> HttpResponse:
    """One mail in words, what happened to it, and what may be done."""
    assert one.programme is not None
    written = letter(one)
    record = Record(
        title=written.subject,
        kind=_("Mail"),
        public_id=one.public_id,
        state=_mail_badge(one),
        summary=[
            Fact(_("to"), names_of({one.account_id}).get(one.account_id, "")),
            Fact(_("address"), one.address),
            Fact(_("written"), one.created_at, "moment"),
            Fact(_("sent"), one.sent_at, "moment"),
            Fact(_("attempts"), one.attempts, "number"),
            Fact(_("next try"), one.next_try if one.state in {MailState.QUEUED, MailState.FAILED} else None, "moment"),
            Fact(_("last error"), one.last_error, wide=True),
        ],
        actions=_actions(one),
        timeline=whole_timeline(one),
        crumbs=[Link(_("Outbox"), reverse("outbox", kwargs={"programme": one.programme.slug}))],
    )
    return render(request, "office/mail.html", {"record": record, "letter": written})


def _actions(one: OutboxMail) -> list[Action]:
    assert one.programme is not None
    url = reverse("outbox-do", kwargs={"programme": one.programme.slug, "public_id": one.public_id})
    found = []
    for verb, label in outboxes.LABELS.items():
        refusal = outboxes.possible(one, verb)
        found.append(
            Action(
                verb=verb,
                label=str(label),
                url=url,
                allowed=refusal is None,
                reason=refusal.sentence if refusal is not None else "",
                primary=verb == "release" and refusal is None,
                stops=verb == "drop",
                ask=_("Reason") if verb == "drop" else "",
                version=one.version,
            )
        )
    return found


@page(policy.HOLD_OUTBOX, records=_mails, methods=("POST",))
def mail_do(request: Request, one: OutboxMail) -> HttpResponse:
    """Release, hold, drop or try again; the state is looked at again under the lock."""
    verb = request.POST.get("verb", "")
    if verb not in outboxes.VERBS:
        raise Http404
    reason = request.POST.get("reason", "")[:1000]
    outboxes.do(actor=request.actor, mail=one, verb=verb, reason=reason, role=_role(request, one))
    messages.success(request, _("Done: %(verb)s.") % {"verb": outboxes.LABELS[verb]})
    return redirect(_mail_url(one))


def _role(request: Request, record: Any) -> str:
    answer = policy.HOLD_OUTBOX.decide(request.actor, record)
    return answer.role if isinstance(answer, Allowed) else ""


# --- which messages come by mail -----------------------------------------------------------------------------------


@page(policy.READ_MESSAGES, programme=False, methods=("GET", "POST"))
def preferences(request: Request) -> HttpResponse:
    """Which messages the account wants by mail."""
    account = request.actor.account
    assert account is not None
    if request.method == "POST":
        choices.choose(account, request.POST.getlist("wanted"))
        messages.success(request, _("Your choice is kept."))
        return redirect("message-settings")
    wanted = choices.wanted_codes(account)
    rows = [(code, outline(code), code in wanted) for code in sorted(MESSAGES)]
    return render(request, "office/preferences.html", {"choices": rows, "address": account.email})
