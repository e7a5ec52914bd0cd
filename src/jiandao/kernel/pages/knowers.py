"""The page on which a confidential record's people are named."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jiandao.kernel import knowers, secrecy
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Link
from jiandao.kernel.knowers import KnowerList
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.search.analysis import pinyin_key
from jiandao.kernel.secrecy import Knower


def serve(request: Request, record: Any, rules: KnowerList, url: Callable[[Any], str]) -> HttpResponse:
    """Show the list of a record, or change it: `admit` holds accounts, `dismiss` one."""
    if request.method == "POST":
        return _change(request, record, rules)
    on_list = list(Knower.objects.in_force(record.kind, record.pk).select_related("account"))
    circles = [(circle.label, list(circle.accounts)) for circle in rules.circles(record)]
    names = names_of({one.pk for _label, people in circles for one in people} | _concerned(on_list))
    may_dismiss = bool(rules.dismiss.decide(request.actor, record))
    lines = [
        {
            "name": _name(one.account, names),
            "since": one.since,
            "by": names.get(one.granted_by_id, "") if one.granted_by_id else "",
            "account": one.account_id if may_dismiss and one.account_id != request.actor.account_id else None,
        }
        for one in on_list
    ]
    here, offered, seen = {one.account_id for one in on_list}, [], set[int]()
    for label, people in circles:
        fresh = [one for one in people if one.pk not in here | seen]
        seen |= {one.pk for one in fresh}
        shown = sorted(((one.pk, _name(one, names)) for one in fresh), key=lambda line: pinyin_key(line[1]))
        if shown:
            offered.append((label, shown))
    context = {
        "title": str(record),
        "lines": sorted(lines, key=lambda line: pinyin_key(str(line["name"]))),
        "offered": offered,
        "crumbs": [Link(str(record), url(record))],
        "may_dismiss": may_dismiss,
    }
    return render(request, "knowers.html", context)


def _change(request: Request, record: Any, rules: KnowerList) -> HttpResponse:
    def chosen(name: str) -> list[Account]:
        return list(Account.objects.filter(pk__in=[number(one) for one in request.POST.getlist(name)]))

    try:
        if "dismiss" in request.POST:
            knowers.dismiss(actor=request.actor, record=record, rules=rules, accounts=chosen("dismiss"))
        elif admitted := chosen("admit"):
            knowers.admit(actor=request.actor, record=record, rules=rules, accounts=admitted)
        else:
            messages.error(request, _("Choose somebody first."))
            return redirect(request.path)
    except NotAllowed as refused:
        messages.error(request, refused.refusal.sentence)
    else:
        messages.success(request, _("The list was changed."))
    return redirect(request.path)


def _concerned(on_list: list[Knower]) -> set[int | None]:
    return {one.account_id for one in on_list} | {one.granted_by_id for one in on_list}


def _name(account: Account, names: dict[int, str]) -> str:
    name = names.get(account.pk, account.username)
    return name if name == account.username else f"{name} ({account.username})"


def shown(record: Any, url: str) -> dict[str, Any]:
    """For the page of a record: the names on its list, and where it is changed (empty: not by this reader)."""
    if not record.is_need_to_know:
        return {}
    found = secrecy.knowers(record.kind, record.pk)
    names = names_of({account.pk for account in found})
    return {"knowers": sorted((names[account.pk] for account in found), key=pinyin_key), "knowers_url": url}
