"""The page behind the link of a mail that stops mails of its kind."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from jiandao.kernel.notifications import stopping
from jiandao.kernel.notifications.rendering import outline
from jiandao.kernel.pages.gate import page
from jiandao.web import policy


# A mail program posts by itself, without cookies (RFC 8058): the signature in the address stands for the form's token.
@csrf_exempt
@page(policy.STOP_MAILS, programme=False, methods=("GET", "POST"))
def mail_stop(request: HttpRequest, secret: str) -> HttpResponse:
    """Looking at it stops nothing: programs that check links look at them too."""
    found = stopping.meant(secret)
    if found is None:
        return render(request, "office/mail_stop.html", {"unknown": True}, status=404)
    account, code = found
    if request.method == "POST":
        stopping.stop(account, code)
    return render(request, "office/mail_stop.html", {"kind": outline(code), "stopped": request.method == "POST"})
