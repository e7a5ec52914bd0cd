"""The exchange through the API: the lists, forms, verbs and matches of the pages, as JSON."""

from jiandao.stages.exchange.api import challenges, records
from jiandao.stages.exchange.api.router import router

# These stand on the ones above.
from jiandao.stages.exchange.capabilities import api as capabilities  # isort: skip
from jiandao.stages.exchange.introductions import api as introductions  # isort: skip
from jiandao.stages.exchange.offers import api as offers  # isort: skip
from jiandao.stages.exchange.api import files  # isort: skip

__all__ = ["capabilities", "challenges", "files", "introductions", "offers", "records", "router"]
