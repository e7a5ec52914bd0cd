"""The API of the site: the routers of all rooms."""

from jiandao.kernel.api.endpoints import Api
from jiandao.stages.exchange.api import router as exchange
from jiandao.stages.people.expert_api import router as people

api = Api([people, exchange])
