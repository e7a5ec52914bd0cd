"""What the outcomes of matches have taught, as panels of the figures; and the pages on which an officer decides what counts."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiandao.engines.matching import Channel
from jiandao.engines.matching.learning import BETTER, sentence
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Badge, Day, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components.formats import NOTHING
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import Programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import MatchIndexError
from jiandao.kernel.search.models import ChannelWeights
from jiandao.kernel.search.weights import in_use, latest
from jiandao.stages.exchange import weighing
from jiandao.stages.exchange.introductions import policy
from jiandao.stages.exchange.learnt import Learnt, learnt
from jiandao.stages.exchange.views.match_words import channel_name

SHOWN = 10  # changes


def learning(request: Request, cut: str) -> list[Panel]:
    """What is proposed, worked out when somebody asks (`?learn=1`), since every outcome is scored anew; and what was done."""
    programme = request.programme
    assert programme is not None
    changes = list(ChannelWeights.objects.filter(programme=programme).order_by("-number")[:SHOWN])
    return [_proposed(request, programme, cut, changes), *([_changes(changes)] if changes else [])]


def _proposed(request: Request, programme: Programme, cut: str, changes: list[ChannelWeights]) -> Panel:
    title = _("What matches have taught")
    last, found = changes[0] if changes else None, None
    try:
        if request.GET.get("learn"):
            found = learnt(request.actor)
            used, defaults = found.channels, found.defaults
        else:
            used, defaults = index.channels(request.actor, programme.pk), index.channels(request.actor)
    except MatchIndexError:
        note = _("The match index is being built; try again in a minute.")
        return Panel(title=title, slug="learning", columns=(), note=note, links=_back(request, last))
    columns = [_("channel"), _("set weight"), _("weight in use")] + ([_("proposed weight")] if found else [])
    names = sorted(used)
    rows = [
        PanelRow([channel_name(name), *(_number(one.get(name)) for one in _weights(used, defaults, found))])
        for name in names
    ]
    on = last is not None and last.weights is not None
    badge = Badge(_("learnt weights in use"), "active") if in_use(last, used, index.encoder_name()) else None
    notes = [_standing(last, used)] if on else []
    links = _back(request, last)
    if found is None:
        links.insert(0, Link(_("Work it out"), f"?{urlencode({'cut': cut, 'learn': 1})}#learning-title"))
        notes.append(
            _("From what was accepted and what was refused the engine proposes how much its channels should count.")
        )
    else:
        notes.append(_verdict(found))
        if found.proposal.verdict == BETTER and policy.USE_WEIGHTS.decide(request.actor, programme):
            links.insert(0, Link(_("Put these weights to use"), _url(programme, "use")))
    return Panel(
        title=title,
        slug="learning",
        columns=columns,
        rows=rows,
        links=links,
        badge=badge,
        note=" ".join(filter(None, notes)),
    )


def _weights(
    used: Mapping[str, Channel], defaults: Mapping[str, Channel], found: Learnt | None
) -> list[Mapping[str, Channel]]:
    return [defaults, used, *([found.proposal.new] if found else [])]


def _number(channel: Channel | None) -> str:
    return NOTHING if channel is None else f"{channel.weight:.3f}"


def _standing(last: ChannelWeights | None, used: Mapping[str, Channel]) -> str:
    """Said only where learnt weights are on and do not count: for other channels than those of today's index."""
    if in_use(last, used, index.encoder_name()):
        return ""
    return _(
        "Learnt weights were put to use for other channels than the index has now; until they are learnt anew the set ones count."
    )


def _counts(found: Learnt) -> str:
    return _("%(accepted)s accepted and %(refused)s refused answers of needs that have both.") % {
        "accepted": found.accepted,
        "refused": found.refused,
    }


def _verdict(found: Learnt) -> str:
    if len(found.channels) < 2:
        said = _("The index of this host scores by words alone, so there are no weights to learn.")
    else:
        said = sentence(found.proposal, "en" if (get_language() or "zh").startswith("en") else "zh")
    return f"{_counts(found)} {said}"


def _back(request: Request, last: ChannelWeights | None) -> list[Link]:
    if last is None or last.weights is None or request.programme is None:
        return []
    if not policy.USE_WEIGHTS.decide(request.actor, request.programme):
        return []
    return [Link(_("Put the set weights back"), _url(request.programme, "back"))]


def _changes(changes: list[ChannelWeights]) -> Panel:
    names = names_of({one.entered_by_id for one in changes if one.entered_by_id})
    rows = [
        PanelRow(
            (
                Day(one.entered_at, names.get(one.entered_by_id, "") if one.entered_by_id else ""),
                _in_words(one.before),
                _in_words(one.weights) if one.weights else _("the set weights"),
                _replay(one.replay),
                one.reason,
            ),
            muted=one is not changes[0],
        )
        for one in changes
    ]
    return Panel(
        title=_("Changes of the weights"),
        slug="weights",
        columns=(_("changed by, on"), _("weights before"), _("weights after"), _("replay on held needs"), _("reason")),
        rows=rows,
    )


def _in_words(weights: dict[str, float]) -> str:
    return _("; ").join(f"{channel_name(name)} {weights[name]:.3f}" for name in sorted(weights))


def _replay(replay: dict[str, Any] | None) -> str:
    """What the weights were compared on before they were put to use."""
    if not replay or "held" not in replay:
        return NOTHING
    return _(
        "%(held)s needs: %(old)s of the pairs in the right order before, %(new)s with the new weights; difference %(low)s to "
        "%(high)s (%(level)s interval)"
    ) % {
        "held": replay["held"],
        "old": _share(replay["old"]),
        "new": _share(replay["new"]),
        "low": f"{100 * replay['low']:+.1f}",
        "high": f"{100 * replay['high']:+.1f}",
        "level": _share(replay.get("level") or 0.9, 0),
    }


def _share(value: float, decimals: int = 1) -> str:
    return f"{100 * value:.{decimals}f} %"


def _url(programme: Programme, name: str) -> str:
    return reverse(f"exchange:weights-{name}", kwargs={"programme": programme.slug})


# The two pages


class ReasonForm(forms.Form):
    """Why the weights change; and what the officer has looked at."""

    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stands in the journal and on the page of the figures."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


@page(policy.USE_WEIGHTS, methods=("GET", "POST"))
def use(request: Request) -> HttpResponse:
    """Learnt weights beside those in use, their replay, and the decision."""
    programme = request.programme
    assert programme is not None
    form = ReasonForm(request.POST) if request.method == "POST" else None
    refused = ""
    if form is not None and form.is_valid():
        try:
            weighing.put_to_use(actor=request.actor, programme=programme, **form.cleaned_data)
        except NotAllowed as error:
            refused = error.refusal.sentence
        except MatchIndexError:
            pass  # said below
        else:
            messages.success(request, _("Matching in this programme scores by the learnt weights from now on."))
            return redirect(_figures(programme))
    try:
        found = learnt(request.actor)
    except MatchIndexError:
        messages.error(request, _("The match index is being built; try again in a minute."))
        return redirect(_figures(programme))
    if found.proposal.verdict != BETTER:
        messages.error(request, refused or _verdict(found))
        return redirect(_figures(programme))
    shown = FormPage(
        title=_("Put learnt weights to use"),
        form=_again(form, refused, latest(programme.pk), weighing.fingerprint(found.proposal)),
        submit=_("Put to use"),
        lead=_(
            "Match pages and offers in this programme score by the learnt weights from then on. It can be undone at any time."
        ),
        cancel_url=_figures(programme),
        crumbs=[Link(_("Figures of introductions"), _figures(programme))],
    )
    return _answer(request, shown, _compared(found), form)


@page(policy.USE_WEIGHTS, methods=("GET", "POST"))
def back(request: Request) -> HttpResponse:
    """Back to the weights that are set."""
    programme = request.programme
    assert programme is not None
    form = ReasonForm(request.POST) if request.method == "POST" else None
    refused = ""
    if form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            weighing.put_back(actor=request.actor, programme=programme, reason=given["reason"], seen=given["seen"])
        except NotAllowed as error:
            refused = error.refusal.sentence
        else:
            messages.success(request, _("Matching in this programme scores by the set weights again."))
            return redirect(_figures(programme))
    last = latest(programme.pk)
    shown = FormPage(
        title=_("Put the set weights back"),
        form=_again(form, refused, last),
        submit=_("Put back"),
        lead=_("Match pages and offers in this programme score by the set weights from then on."),
        cancel_url=_figures(programme),
        crumbs=[Link(_("Figures of introductions"), _figures(programme))],
    )
    return _answer(request, shown, _undone(last), form)


def _again(form: ReasonForm | None, refused: str, last: ChannelWeights | None, shown: str = "") -> ReasonForm:
    """The form for what is looked at now; what was typed and not taken stands in it, with why."""
    looked = {"seen": last.number if last else 0, "shown": shown}
    if form is None:
        return ReasonForm(initial=looked)
    again = ReasonForm({**looked, "reason": form.data.get("reason", "")})
    if again.is_valid() and refused:
        again.add_error(None, refused)
    return again


def _answer(request: Request, shown: FormPage, compared: Panel | None, form: ReasonForm | None) -> HttpResponse:
    context = {"page": shown, "compared": compared}
    return render(request, "exchange/weights.html", context, status=200 if form is None else 422)


def _compared(found: Learnt) -> Panel:
    old, new = found.proposal.old, found.proposal.new
    rows = [
        PanelRow((channel_name(name), *map(_number, (found.defaults.get(name), old[name], new[name]))))
        for name in sorted(old)
    ]
    return Panel(
        title=_("Before and after"),
        slug="compared",
        columns=(_("channel"), _("set weight"), _("weight in use"), _("proposed weight")),
        rows=rows,
        note=f"{_counts(found)} {_replay(weighing.replayed(found.proposal))}",
    )


def _undone(last: ChannelWeights | None) -> Panel | None:
    if last is None or last.weights is None:
        return None
    rows = [PanelRow((channel_name(name), f"{weight:.3f}")) for name, weight in sorted(last.weights.items())]
    return Panel(
        title=_("Learnt weights"), slug="compared", columns=(_("channel"), _("learnt weight")), rows=rows,
        note=_replay(last.replay),
    )  # fmt: skip


def _figures(programme: Programme) -> str:
    return reverse("exchange:figures", kwargs={"programme": programme.slug})
