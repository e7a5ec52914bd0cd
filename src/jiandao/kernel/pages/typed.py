"""What somebody had typed when it could not be saved any more: shown, to be copied, beside the reason."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from jiandao.kernel.lifecycle import StaleRecord
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.policy.decisions import NotAllowed


def refused_page(
    request: Request, refused: NotAllowed, texts: Sequence[tuple[str, str]], back: str, *, kept: bool = False
) -> HttpResponse:
    """The reason of a refusal and what was typed, as (label, text). `kept`: the form will offer it again by itself."""
    stale = isinstance(refused, StaleRecord)
    context = {
        "title": _("Somebody was faster") if stale else _("This was not saved"),
        "sentence": refused.refusal.sentence,
        "texts": [(label, text) for label, text in texts if text.strip()],
        "kept": kept,
        "back": back,
    }
    return render(request, "typed.html", context, status=409 if stale else 403)
