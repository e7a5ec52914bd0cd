"""What the outcomes of matches would teach the engine, as a panel of the figures. Nothing is changed by it."""

from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiandao.engines.matching.learning import sentence
from jiandao.kernel.components import Link, Panel, PanelRow
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.search.index import MatchIndexError
from jiandao.stages.exchange.learnt import Learnt, learnt


def learning(request: Request, cut: str) -> Panel:
    """It is worked out when somebody asks (`?learn=1`): every outcome is scored anew."""
    columns = (_("channel"), _("present weight"), _("proposed weight"))
    title = _("What matches have taught")
    if not request.GET.get("learn"):
        link = Link(_("Work it out"), f"?{urlencode({'cut': cut, 'learn': 1})}#learning-title")
        note = _("From what was accepted and what was refused the engine proposes how much its channels should count.")
        return Panel(title=title, slug="learning", columns=columns, links=[link], note=note)
    try:
        found = learnt(request.actor)
    except MatchIndexError:
        note = _("The match index is being built; try again in a minute.")
        return Panel(title=title, slug="learning", columns=columns, note=note)
    old, new = found.proposal.old, found.proposal.new
    names = {
        "lexical": _("the words of the texts"),
        "latent": _("meaning (latent)"),
        "dense": _("meaning (language model)"),
    }
    rows = [
        PanelRow((names.get(name, name), f"{old[name].weight:.3f}", f"{new[name].weight:.3f}")) for name in sorted(old)
    ]
    return Panel(title=title, slug="learning", columns=columns, rows=rows, note=_verdict(found))


def _verdict(found: Learnt) -> str:
    counts = _("%(accepted)s accepted and %(refused)s refused answers of needs that have both.") % {
        "accepted": found.accepted,
        "refused": found.refused,
    }
    if len(found.channels) < 2:
        said = _("The index of this host scores by words alone, so there are no weights to learn.")
    else:
        said = sentence(found.proposal, "en" if (get_language() or "zh").startswith("en") else "zh")
    return " ".join((counts, said, _("This is shown only; nothing is changed by it.")))
