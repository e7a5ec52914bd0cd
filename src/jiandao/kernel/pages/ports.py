"""What later rooms add to the shared pages."""

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import DeskGroup
from jiandao.kernel.pages.found import FoundGroup
from jiandao.kernel.ports import Question
from jiandao.kernel.programme import Programme

# What waits for this actor in this programme, one group a kind of task; empty groups are left out by the page.
DESK: Question[[Actor, Programme], list[DeskGroup]] = Question("what waits on my desk")

# What is found for a text, one group a kind of record.
SEARCH: Question[[Actor, Programme, str], FoundGroup] = Question("what is found for a text")
