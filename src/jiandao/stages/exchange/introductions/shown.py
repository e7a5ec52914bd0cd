"""The place at which a match page showed a match, carried by its link to the proposal: signed, so that nobody makes one up."""

from typing import Any

from django.core.signing import BadSignature, Signer

_SIGNER = "exchange.introduction.shown"


def sealed(rank: int, one: Any, other: Any) -> str:
    """The place of a match of two records, for an address."""
    return Signer(salt=_SIGNER).sign(":".join((str(rank), *_pair(one, other))))


def rank_of(value: str, question: Any, answer: Any) -> int | None:
    """The place that an address names; None where it names none, or one of two others."""
    try:
        rank, *pair = Signer(salt=_SIGNER).unsign(value[:200]).split(":")
    except BadSignature:
        return None
    return int(rank) if question is not None and answer is not None and pair == _pair(question, answer) else None


def _pair(one: Any, other: Any) -> list[str]:
    return sorted((one.public_id, other.public_id))
