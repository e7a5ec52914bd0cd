"""The weights of the channels by which a programme's matching scores: those set with the index, or learnt ones put to use.

What is put to use is a row that says what it replaced, why, and what it was replayed on; the newest row of a programme counts,
and one without weights means those that are set. Rows are entered by the room that knows outcomes (`exchange/weighing.py`).
"""

from collections.abc import Mapping
from dataclasses import replace

from jiandao.engines.matching import Channel
from jiandao.kernel.search.models import ChannelWeights


def latest(programme_id: int) -> ChannelWeights | None:
    """The row that counts; None when nothing was ever changed. One query."""
    return ChannelWeights.objects.filter(programme=programme_id).order_by("-number").first()


def in_use(row: ChannelWeights | None, channels: Mapping[str, Channel], encoder: str) -> bool:
    """Whether the weights of a row count for these channels: only for those they were learnt for, of the same encoder."""
    return (
        row is not None
        and row.weights is not None
        and set(row.weights) == set(channels)
        and ("dense" not in channels or row.encoder == encoder)
    )


def weighed(channels: Mapping[str, Channel], programme_id: int, encoder: str) -> dict[str, Channel]:
    """The channels with the weights that are on. Without a second channel there is nothing to weigh, and no query."""
    row = latest(programme_id) if len(channels) > 1 else None
    if row is None or row.weights is None or not in_use(row, channels, encoder):
        return dict(channels)
    return {name: replace(one, weight=row.weights[name]) for name, one in channels.items()}
