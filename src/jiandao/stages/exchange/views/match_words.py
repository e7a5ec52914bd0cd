"""A match in words: why it was found, and what it states of the indicators that are asked for, in the reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiandao.engines.matching import Channel, normalise
from jiandao.engines.matching import Match as EngineMatch
from jiandao.engines.matching.facts import Asked, Offered, gap
from jiandao.engines.matching.indicators import MET, MISSED, NOT_STATED, Checked
from jiandao.kernel.components import Badge, Demand, Fact, Link, Match, NotThis, SentencePair, SharedTerm
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.records import secrecy_badge
from jiandao.kernel.search.index import Found
from jiandao.stages.exchange.known_facts import Facts
from jiandao.stages.exchange.models import Challenge, Comparator, plain_number
from jiandao.stages.exchange.offers.setting_aside import title_of
from jiandao.stages.exchange.views.challenges import issuer_of
from jiandao.stages.people.models import Expert
from jiandao.stages.people.queries import units_of

SHOWN_TERMS = 8


def owner_of(record: Any) -> str:
    """Whose it is, as everybody may read it."""
    if isinstance(record, Expert):
        return _(", ").join(one.name for one in units_of(record.person))
    return issuer_of(record) if isinstance(record, Challenge) else record.organisation.name


def channel_name(name: str) -> str:
    """A channel of the engine in words."""
    return {
        "lexical": _("the words of the texts"),
        "latent": _("meaning (latent)"),
        "dense": _("meaning (language model)"),
    }.get(name, name)


def weights_in_words(channels: Mapping[str, Channel], defaults: Mapping[str, Channel]) -> str:
    """By which weights several channels made a score, and whether they were learnt; empty where there is one channel."""
    if len(channels) < 2:
        return ""
    words = _("; ").join(f"{channel_name(name)} {one.weight:.3f}" for name, one in sorted(channels.items()))
    if any(one.weight != defaults[name].weight for name, one in channels.items() if name in defaults):
        return _("Channels count with weights learnt from what was accepted and refused: %(weights)s.") % {
            "weights": words
        }
    return _("Channels count with the set weights: %(weights)s.") % {"weights": words}


def match_in_words(
    rank: int,
    found: Found[Any],
    best: float,
    *,
    state: Badge | None = None,
    facts: Sequence[Fact] = (),
    links: Sequence[Link] = (),
    not_this: NotThis | None = None,
    asked: Sequence[Checked] = (),
) -> Match:
    """One candidate and why it was found, in the reader's language."""
    record, match = found.record, found.match
    terms = match.reasons.terms if match.reasons else ()
    named = [term for term in terms if not term.scattered][:SHOWN_TERMS]
    return Match(
        rank=rank,
        title=title_of(record),
        url=url_of(record),
        score=match.score / best if best > 0 else 0.0,
        reason=" ".join(part for part in (_reason([term.term for term in named[:3]], match), beside(found)) if part),
        owner=owner_of(record),
        badges=[badge for badge in (state, None if isinstance(record, Expert) else secrecy_badge(record)) if badge],
        facts=facts,
        terms=[SharedTerm(term.term, term.share) for term in named],
        pair=_pair(match, [term.term for term in named]),
        links=links,
        not_this=not_this,
        demands=demands_in_words(asked),
        muted=_is_stale(match),
    )


def _is_stale(match: EngineMatch) -> bool:
    return any(signal.name == "weight.stale" for signal in match.signals)


def _share(match: EngineMatch, name: str) -> int:
    """What a signal made of all that speaks for the match, in per cent."""
    part = sum(signal.contribution for signal in match.signals if signal.name == name)
    whole = sum(signal.contribution for signal in match.signals if signal.contribution > 0)
    return round(100 * part / whole) if whole > 0 else 0


def _reason(terms: list[str], match: EngineMatch) -> str:
    return " ".join(_sentences(terms, match))


def _sentences(terms: list[str], match: EngineMatch) -> Iterator[str]:
    latent = sum(signal.contribution for signal in match.signals if signal.name == "latent")
    subject = latent >= match.score / 2 > 0  # the words of the topical task; else single words decide
    meaning, title = _share(match, "dense"), _share(match, "lexical.title")
    if not terms:
        if subject:
            yield _("It speaks of the same subject in other words.")
        elif meaning < 50:
            yield _("Only single characters are shared; a weak match.")
        else:
            yield _("They hardly share words, but the language model finds their meaning near.")
    else:
        words = _(", ").join(f"“{term}”" for term in terms)
        yield ngettext("Both speak of %(words)s.", "Both speak of %(words)s.", len(terms)) % {"words": words}
        if title >= 50:
            yield _("%(share)s %% of the score comes from the title.") % {"share": title}
        if subject:
            yield _("Most of the score comes from other words of the same subject.")
    if meaning > 0:
        yield _("Nearness of meaning (language model): %(share)s %% of the score.") % {"share": meaning}
    if terms and _is_stale(match):
        yield _("Its unit has not confirmed it for a year, so it counts half.")


def beside(found: Found[Any]) -> str:
    """What is known of the two beside their texts, as a sentence; empty where nothing is."""
    if not isinstance(found.beside, Facts):
        return ""
    words = list(_facts(found.beside.asked, found.beside.offered))
    return _("Beside the texts: %(facts)s.") % {"facts": _("; ").join(words)} if words else ""


def _facts(asked: Asked, offered: Offered) -> Iterator[str]:
    if asked.fields & offered.fields:
        yield _("same technical field")
    if asked.directions & offered.directions:
        yield _("same direction")
    if (below := gap(asked, offered)) is not None:
        yield (
            ngettext(
                "%(count)s level of maturity below what is asked",
                "%(count)s levels of maturity below what is asked",
                below,
            )
            % {"count": below}
            if below
            else _("as mature as is asked, or more")
        )
    if asked.money_fen is not None and offered.money_fen is not None:
        over = offered.money_fen - asked.money_fen
        yield _("dearer than the budget") if over > 0 else _("within the budget")
    if asked.region and asked.region == offered.region:
        yield _("same prefecture")
    if offered.finished:
        yield ngettext(
            "have finished %(count)s project together", "have finished %(count)s projects together", offered.finished
        ) % {"count": offered.finished}
    if offered.failed:
        yield ngettext(
            "have given up %(count)s project together", "have given up %(count)s projects together", offered.failed
        ) % {"count": offered.failed}


def _pair(match: EngineMatch, terms: list[str]) -> SentencePair | None:
    if match.reasons is None or not match.reasons.sentences:
        return None
    pair = match.reasons.sentences[0]
    return SentencePair(pair.query, pair.document, spans(pair.query, terms), spans(pair.document, terms))


def spans(sentence: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Where the terms stand in a sentence, as half-open ranges of characters; width and case make no difference."""
    plain = normalise(sentence)
    if len(plain) != len(sentence):  # a form that normalisation made longer: compare letter by letter instead
        plain = "".join((normalise(character) or " ")[:1] for character in sentence)
    found = []
    for term in terms:
        wanted = normalise(term)
        start = plain.find(wanted) if wanted else -1
        while start >= 0:
            found.append((start, start + len(wanted)))
            start = plain.find(wanted, start + len(wanted))
    return found


def demands_in_words(asked: Sequence[Checked]) -> list[Demand]:
    """What is met, missed and open, in the order of the question; what its text does not name is one line at the end."""
    shown = [
        Demand(_badge(one), demand_of(one), _(", ").join(one.stated), one.quote)
        for one in asked
        if one.verdict != NOT_STATED
    ]
    lacking = [demand_of(one) for one in asked if one.verdict == NOT_STATED]
    if lacking:
        badge = Badge(_("asked, not found in the text"), "neutral")
        shown.append(Demand(badge, _("; ").join(lacking)))
    return shown


def _badge(one: Checked) -> Badge:
    if one.verdict == MET:
        return Badge(_("stated, met"), "done")
    if one.verdict == MISSED:
        return Badge(_("stated, missed"), "stop")
    return Badge(_("not settled") if one.stated else _("named, no comparable value"), "waiting")


def demand_of(one: Checked) -> str:
    """An indicator as it is asked for: 缺陷密度 ≤ 0.3 个/cm²."""
    asked = one.indicator
    number, unit = plain_number(asked.threshold), "" if asked.unit == "1" else asked.unit
    if asked.tolerance is not None:
        return f"{asked.name} {number} ± {plain_number(asked.tolerance)} {unit}".strip()
    return f"{asked.name} {Comparator(asked.comparator).label} {number} {unit}".strip()
