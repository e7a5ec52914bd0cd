"""Attaching files to the records of the exchange, and taking them away again."""

from jiandao.kernel.pages.attachments import doors
from jiandao.stages.exchange import holders

need_attach, need_detach = doors(holders.NEED)
result_attach, result_detach = doors(holders.RESULT)
