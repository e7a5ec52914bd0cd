"""The furniture of every page: small read models that views fill and templates show.

A view builds one of these dataclasses from a query and passes it to a template of `web/templates`; a template asks it
nothing that needs the database. What is shown alike everywhere (money, dates, states, lists, timelines) is here once.
"""

from jiandao.kernel.components.charts import Chart, Drop, Series
from jiandao.kernel.components.conflicts import Conflict, ConflictField
from jiandao.kernel.components.desks import Desk, DeskGroup, DeskItem
from jiandao.kernel.components.forms import FormPage, Section
from jiandao.kernel.components.jobs import Progress
from jiandao.kernel.components.lists import Chip, Column, Listing, Row
from jiandao.kernel.components.matches import Demand, Facet, Match, MatchPage, NotThis, SentencePair, SharedTerm
from jiandao.kernel.components.panels import Panel, PanelButton, PanelRow
from jiandao.kernel.components.records import Action, Change, Entry, Evidence, Fact, Record
from jiandao.kernel.components.shapes import Badge, Day, Due, Link
from jiandao.kernel.components.shell import Footer, NavItem, Shell, TourCard
from jiandao.kernel.components.tiles import Tile, TileMap

__all__ = [
    "Action",
    "Badge",
    "Change",
    "Chart",
    "Chip",
    "Column",
    "Conflict",
    "ConflictField",
    "Day",
    "Demand",
    "Desk",
    "DeskGroup",
    "DeskItem",
    "Drop",
    "Due",
    "Entry",
    "Evidence",
    "Facet",
    "Fact",
    "Footer",
    "FormPage",
    "Link",
    "Listing",
    "Match",
    "MatchPage",
    "NavItem",
    "NotThis",
    "Panel",
    "PanelButton",
    "PanelRow",
    "Progress",
    "Record",
    "Row",
    "Section",
    "SentencePair",
    "Series",
    "SharedTerm",
    "Shell",
    "Tile",
    "TileMap",
    "TourCard",
]
