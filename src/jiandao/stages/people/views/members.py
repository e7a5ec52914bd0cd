"""Inviting people to an organisation, their roles in it, and taking up an invitation."""

from django.contrib import messages
from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import FormPage
from jiandao.kernel.pages.gate import Request, page
from jiandao.stages.people import actions, policy, queries, rules
from jiandao.stages.people.forms import NAME_TAKEN, GrantForm, InvitationForm, NewAccountForm
from jiandao.stages.people.models import Invitation, Organisation
from jiandao.stages.people.views.claims import invited
from jiandao.stages.people.views.organisations import organisation_url


def invitation_records() -> QuerySet[Invitation]:
    """Invitations to join; those of experts are withdrawn on the expert's page."""
    return Invitation.objects.filter(person__isnull=True).select_related("organisation")


@page(
    policy.MANAGE_MEMBERS,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("GET", "POST"),
)
def invite(request: Request, record: Organisation) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        roles = [Role(role) for role in form.cleaned_data["roles"]]
        invitation, secret = actions.invite(
            actor=request.actor,
            organisation=record,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            roles=roles,
        )
        return invited(request, invitation, secret, organisation_url(record))
    form_page = FormPage(
        title=_("Invite somebody to %(organisation)s") % {"organisation": record.name},
        form=form,
        submit=_("Make the invitation"),
        cancel_url=organisation_url(record),
        lead=_("You get a link that works once, for %(days)s days. Hand it over yourself.")
        % {"days": rules.INVITATION_DAYS.at().value},
    )
    return render(request, "form.html", {"page": form_page}, status=422 if form.errors else 200)


@page(
    policy.MANAGE_MEMBERS,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("GET", "POST"),
)
def grant(request: Request, record: Organisation) -> HttpResponse:
    form = GrantForm(request.POST or None, colleagues=queries.accounts_of_members(record))
    if request.method == "POST" and form.is_valid():
        actions.grant_role(
            actor=request.actor,
            organisation=record,
            account=form.cleaned_data["account"],
            role=form.cleaned_data["role"],
        )
        messages.success(request, _("Saved."))
        return redirect(organisation_url(record))
    form_page = FormPage(
        title=_("Grant a role in %(organisation)s") % {"organisation": record.name},
        form=form,
        submit=_("Grant"),
        cancel_url=organisation_url(record),
    )
    return render(request, "form.html", {"page": form_page}, status=422 if form.errors else 200)


@page(
    policy.MANAGE_MEMBERS,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("POST",),
)
def end_role(request: Request, record: Organisation, number: int) -> HttpResponse:
    found = RoleGrant.objects.filter(
        pk=number, scope="organisation", scope_id__in=queries.ids_same_as(record.pk)
    ).first()
    if found is None:
        raise Http404
    actions.end_role(actor=request.actor, organisation=record, grant=found)
    messages.success(request, _("The role was ended."))
    return redirect(organisation_url(record))


@page(policy.WITHDRAW_INVITATION, records=invitation_records, programme=False, methods=("POST",))
def withdraw(request: Request, record: Invitation) -> HttpResponse:
    actions.withdraw_invitation(actor=request.actor, invitation=record)
    messages.success(request, _("The invitation was withdrawn."))
    return redirect(organisation_url(record.organisation))


@page(policy.ACCEPT_INVITATION, programme=False, methods=("GET", "POST"))
def accept(request: Request, secret: str) -> HttpResponse:
    """Take up an invitation with the account one has, or with a new one."""
    found = Invitation.objects.select_related("organisation", "person__expert", "created_by")
    invitation = found.filter(token_digest=actions.digest_of(secret)).first()
    if invitation is None:
        raise Http404
    person = invitation.person
    form = None if request.actor.account else NewAccountForm(request.POST or None)
    if request.method == "POST" and invitation.is_open and (form is None or form.is_valid()):
        account = _account_of(request, invitation, form)
        if account is not None:
            if request.actor.account is None:
                login(request, account, backend="jiandao.kernel.accounts.backend.AccountBackend")
            if person is not None:
                messages.success(request, _("The entry is yours now. Others find you in the library once you consent."))
                return redirect("people:expert", public_id=person.expert.public_id)
            welcome = _("Welcome to %(organisation)s.") % {"organisation": invitation.organisation.name}
            messages.success(request, welcome)
            return redirect("home")
    refusal = actions.may_accept(invitation, request.actor.account) if person is not None else None
    context = {
        "invitation": invitation,
        "roles": [Role(role).label for role in invitation.roles],
        "page": FormPage(title=_("Invitation"), form=form, submit=_("Accept")) if form is not None else None,
        "days": invitation.days,
        "refused": refusal.sentence if refusal is not None else "",
    }
    return render(request, "people/accept.html", context, status=422 if form is not None and form.errors else 200)


def _account_of(request: Request, invitation: Invitation, form: NewAccountForm | None) -> Account | None:
    """The account that took up the invitation; none when somebody took the sign-in name in the same moment."""
    if form is None:
        assert request.actor.account is not None
        _take_up(invitation, request.actor.account)
        return request.actor.account
    username, password = form.cleaned_data["username"], form.cleaned_data["password"]
    try:
        with transaction.atomic():
            account = Account.objects.create_user(username, password, email=invitation.email)
            _take_up(invitation, account)
    except IntegrityError:
        if not Account.objects.filter(username__iexact=username).exists():
            raise
        form.add_error("username", NAME_TAKEN)
        return None
    return account


def _take_up(invitation: Invitation, account: Account) -> None:
    if invitation.person_id is None:
        actions.accept(invitation=invitation, account=account)
    else:
        actions.accept_entry(invitation=invitation, account=account)
