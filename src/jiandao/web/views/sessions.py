"""Ending one of the own sessions; allauth's page beside it lists them and ends all others at once."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.sessions import end_sessions
from jiandao.kernel.pages.gate import Request, page
from jiandao.stages.people import policy


@page(policy.OWN_ACCOUNT, programme=False, methods=("POST",))
def end(request: Request, number: int) -> HttpResponse:
    """Another's session, and one that is over, is a missing page. Ending the session one is in signs out."""
    own = UserSession.objects.filter(user=request.actor.account_id, pk=number)
    key = own.values_list("session_key", flat=True).first()
    if key is None or not end_sessions(actor=request.actor, numbers=[number]):
        raise Http404
    if key == request.session.session_key:
        logout(request)
        return redirect("account_login")
    messages.success(request, _("That session is ended."))
    return redirect("usersessions_list")
