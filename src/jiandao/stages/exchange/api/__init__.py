"""The exchange through the API: the lists, forms, verbs and matches of the pages, as JSON."""

from jiandao.stages.exchange.api import challenges, records
from jiandao.stages.exchange.api.router import router

__all__ = ["challenges", "records", "router"]
