"""Files of needs, results and introductions through the API."""

from jiandao.kernel.api.files import file_routes
from jiandao.stages.exchange import holders
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.introductions.holders import INTRODUCTION

file_routes(router, holders.NEED, "/needs/{public_id}", "need")
file_routes(router, holders.RESULT, "/results/{public_id}", "result")
file_routes(router, INTRODUCTION, "/introductions/{public_id}", "introduction")

__all__ = ["router"]
