"""Inviting an expert to take the own entry over."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.components import Fact, FormPage, Link, Panel, PanelButton, PanelRow
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, policy, queries, rules
from jiandao.stages.people.models import Expert, Invitation


class InviteExpertForm(forms.Form):
    """Where the link goes."""

    email = forms.EmailField(
        label=gettext_lazy("e-mail"),
        help_text=gettext_lazy("Whoever has the link takes the entry over: an own address."),
    )


@page(
    policy.INVITE_EXPERT,
    see=policy.READ_EXPERT,
    records=queries.expert_records,
    programme=False,
    methods=("GET", "POST"),
)
def expert_invite(request: Request, record: Expert) -> HttpResponse:
    form = InviteExpertForm(request.POST or None, initial={"email": record.person.email})
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = actions.invite_expert(actor=request.actor, expert=record, email=form.cleaned_data["email"])
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            return invited(request, made, secret, url_of(record))
    shown = FormPage(
        title=_("Invite %(name)s") % {"name": record.person.name},
        form=form,
        submit=_("Make the invitation"),
        cancel_url=url_of(record),
        lead=_(
            "You get a link that works once, for %(days)s days. With it %(name)s takes this entry over, keeps it and alone "
            "consents to be found and asked. Hand it over yourself."
        )
        % {"days": rules.INVITATION_DAYS.at().value, "name": record.person.name},
        crumbs=[Link(_("Experts"), reverse("people:experts")), Link(record.person.name, url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


@page(policy.INVITE_EXPERT, see=policy.READ_EXPERT, records=queries.expert_records, programme=False, methods=("POST",))
def expert_uninvite(request: Request, record: Expert) -> HttpResponse:
    try:
        actions.withdraw_expert_invitation(actor=request.actor, expert=record)
    except NotAllowed as refused:  # somebody else took it back, or it was taken up
        messages.error(request, refused.refusal.sentence)
    else:
        messages.success(request, _("The invitation was withdrawn."))
    return redirect(url_of(record))


class UniteForm(forms.Form):
    """Whose account it is, and how the officer knows."""

    username = forms.CharField(label=gettext_lazy("sign-in name"), max_length=150)
    reason = forms.CharField(
        label=gettext_lazy("reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("How you know that both are one person; it stays in the timeline."),
    )


@page(
    policy.UNITE_EXPERT,
    see=policy.READ_EXPERT,
    records=queries.expert_records,
    programme=False,
    methods=("GET", "POST"),
)
def expert_unite(request: Request, record: Expert) -> HttpResponse:
    form = UniteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.unite_expert(actor=request.actor, expert=record, **form.cleaned_data)
        except NotAllowed as refused:
            form.add_error("username", refused.refusal.sentence)
        else:
            messages.success(request, _("The entry belongs to that account now."))
            return redirect(url_of(record))
    shown = FormPage(
        title=_("%(name)s has an account already") % {"name": record.person.name},
        form=form,
        submit=_("Make them one"),
        cancel_url=url_of(record),
        lead=_(
            "The account keeps its own name and contact, and takes over this entry with its affiliations. Measures follow. "
            "Only the expert can consent afterwards."
        ),
        crumbs=[Link(_("Experts"), reverse("people:experts")), Link(record.person.name, url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def invited(request: Request, invitation: Invitation, secret: str, back_url: str) -> HttpResponse:
    """The page that shows the link, once; a mail with it is begun by the reader's own mail program."""
    link = request.build_absolute_uri(reverse("people:accept-invitation", kwargs={"secret": secret}))
    subject = _("Invitation: %(organisation)s") % {"organisation": invitation.organisation.name}
    mail = f"mailto:{quote(invitation.email)}?subject={quote(subject)}&body={quote(link)}"
    context = {"invitation": invitation, "link": link, "back_url": back_url, "mail": mail}
    return render(request, "people/invited.html", context)


def account_facts(record: Expert, invitation: Invitation | None) -> list[Fact]:
    """Whether the entry is its person's own, in words."""
    if record.person.account_id is not None:
        state = _("has one, and keeps the entry")
    elif invitation is not None:
        state = _("none; invited on %(day)s") % {"day": clock.local(invitation.created_at).date().isoformat()}
    else:
        state = _("none; nobody can consent until the expert is invited and takes the entry over")
    return [Fact(_("account"), state)]


def account_panel(record: Expert, invitation: Invitation | None) -> Panel | None:
    """The open invitation, with what takes it back."""
    if invitation is None:
        return None
    url = reverse("people:expert-uninvite", kwargs={"public_id": record.public_id})
    button = PanelButton(_("Withdraw"), url, about=record.person.name, stops=True)
    cells: tuple[Any, ...] = (
        invitation.email,
        *(clock.local(at).date() for at in (invitation.created_at, invitation.expires_at)),
    )
    return Panel(
        title=_("Open invitation"),
        slug="invitation",
        columns=(_("e-mail"), _("invited"), _("works until")),
        rows=[PanelRow(cells, buttons=[button])],
    )
