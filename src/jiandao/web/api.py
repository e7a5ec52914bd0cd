"""The API of the site: the routers of all rooms."""

from jiandao.kernel.api.endpoints import Api
from jiandao.stages.exchange.api import router as exchange
from jiandao.stages.people import certificate_api, expert_api, family_api
from jiandao.web.views_api import router as views

# Importing a module of a room registers its routes on the room's router.
people = expert_api.router
assert people is family_api.router is certificate_api.router

api = Api([people, exchange, views])
