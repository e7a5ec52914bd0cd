"""The documents of the API, without a script, and the own tokens."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.api.models import ApiToken, TokenScope
from jiandao.kernel.api.tokens import create_token, revoke_token
from jiandao.kernel.components import Badge, FormPage
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.web import policy

_DAYS = [(30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("one year"))]


@page(policy.READ_API, programme=False)
def openapi(request: Request) -> HttpResponse:
    """The OpenAPI document."""
    from jiandao.web.api import api

    return JsonResponse(api.document(), json_dumps_params={"ensure_ascii": False})


@page(policy.READ_API, programme=False)
def routes(request: Request) -> HttpResponse:
    """Every route of the API with the sentence of its rule."""
    from jiandao.web.api import api

    return render(request, "api/routes.html", {"endpoints": api.endpoints()})


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=gettext_lazy("name"),
        max_length=80,
        help_text=gettext_lazy("Which program uses it, and where; you will know by it what to revoke."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("what it may do"),
        choices=TokenScope.choices,
        help_text=gettext_lazy("Never more than you may yourself."),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("expires after"), choices=_DAYS, coerce=int, initial=90)


@dataclass(frozen=True)
class Shown:
    """One token on the page."""

    token: ApiToken
    state: Badge
    revoke_url: str


def _tokens() -> QuerySet[ApiToken]:
    return ApiToken.objects.select_related("account")


@page(policy.OWN_TOKENS, programme=False, methods=("GET", "POST"))
def tokens(request: Request) -> HttpResponse:
    """The own tokens, and a new one, whose secret is shown once."""
    form = TokenForm(request.POST or None)
    secret, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                _token, secret = create_token(
                    actor=request.actor,
                    name=values["name"],
                    scope=TokenScope(values["scope"]),
                    days=values["days"],
                    rule=policy.OWN_TOKENS,
                )
            except NotAllowed as refused:
                form.add_error(None, refused.refusal.sentence)
            else:
                form, status = TokenForm(), 201
    shown = FormPage(
        title=_("API tokens"),
        form=form,
        submit=_("Make a token"),
        lead=_("With a token a program reads and writes in your name, and never more than you may."),
        action=reverse("tokens"),
        cancel_url="/",
    )
    now = clock.now()
    own = [_shown(one, now) for one in _tokens().filter(account=request.actor.account_id)]
    response = render(request, "api/tokens.html", {"page": shown, "secret": secret, "tokens": own}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _shown(token: ApiToken, now: Any) -> Shown:
    state = token.state_at(now)
    badge = {
        "open": Badge(_("in use"), "active"),
        "expired": Badge(_("expired"), "neutral"),
        "revoked": Badge(_("revoked"), "stop"),
    }[state]
    url = reverse("token-revoke", kwargs={"public_id": token.public_id}) if state == "open" else ""
    return Shown(token, badge, url)


@page(policy.REVOKE_TOKEN, records=_tokens, programme=False, methods=("POST",))
def revoke(request: Request, token: ApiToken) -> HttpResponse:
    """End one of the own tokens at once."""
    revoke_token(actor=request.actor, token=token, rule=policy.REVOKE_TOKEN)
    messages.success(request, _("The token was revoked."))
    return redirect("tokens")
