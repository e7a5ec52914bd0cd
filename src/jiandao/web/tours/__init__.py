"""Guided tours: eight stops or so for each role, on the real pages with the reader's own rights and records.

A tour stands in the address (`?tour=need-owner&stop=3`), so it needs no script, no state, and nothing can be lost by
leaving it. A stop that this reader cannot open, or for which there is no record yet, is passed over.
"""

from jiandao.web.tours.guiding import card_of, offered, start_url
from jiandao.web.tours.stops import TOURS

__all__ = ["TOURS", "card_of", "offered", "start_url"]
