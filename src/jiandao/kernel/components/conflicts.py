"""A stale save: two people wrote the same record; both texts are shown and one is chosen per field."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from jiandao.kernel.components.formats import difference


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field as I wrote it and as it is saved. The texts are what the field would show; nothing is dropped."""

    name: str
    label: str
    mine: str
    theirs: str
    raw: str = ""  # mine as the form sends it, when that is not the text shown (a choice, several values)

    @property
    def sent(self) -> str:
        """What the page sends back as mine."""
        return self.raw or self.mine

    @property
    def differs(self) -> bool:
        """True when there is something to choose."""
        return self.mine != self.theirs

    @property
    def marked(self) -> tuple[SafeString, SafeString]:
        """Mine and theirs with the differences marked."""
        return difference(self.mine, self.theirs)


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the page of a stale save shows.

    The form posts for every field `mine_NAME` (the text as I wrote it) and, where the two differ,
    `choice_NAME` = mine | theirs; besides `version` (the saved one) and `then` = save | edit.
    """

    title: str
    url: str
    version: int | str
    saved_by: str
    saved_at: datetime.datetime
    fields: Sequence[ConflictField]
    back_url: str = ""

    @property
    def differing(self) -> list[ConflictField]:
        """Fields with a choice to make."""
        return [f for f in self.fields if f.differs]

    @property
    def same(self) -> list[ConflictField]:
        """Fields that both wrote alike."""
        return [f for f in self.fields if not f.differs]
