"""Families: one function answers whether two organisations were of one family on a day.

A family is what hangs together by confirmed ties in force on that day, whatever their kind and direction; an organisation known
under two names is one. Recusal, limits and bids by relatives all ask here.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from jiandao.stages.people.models import FamilyTie, Organisation
from jiandao.stages.people.states import CONFIRMED

# Nodes are canonical ids of organisations; a controlling person is the negative of the canonical id.
_FAMILIES = """
WITH RECURSIVE tie AS MATERIALIZED (
    SELECT m.same_id AS a, coalesce(h.same_id, -p.same_id) AS b
    FROM jd_people_familytie t
    JOIN jd_people_organisation m ON m.id = t.member_id
    LEFT JOIN jd_people_organisation h ON h.id = t.head_id
    LEFT JOIN jd_people_person p ON p.id = t.controller_id
    WHERE t.state = 'confirmed' AND t.voided_at IS NULL
      AND (t.since IS NULL OR t.since <= %s) AND (t.until IS NULL OR t.until >= %s)
), edge AS MATERIALIZED (
    SELECT a, b FROM tie UNION SELECT b, a FROM tie
), family (root, node) AS (
    SELECT same_id, same_id FROM jd_people_organisation WHERE id = ANY(%s)
    UNION
    SELECT family.root, edge.b FROM family JOIN edge ON edge.a = family.node
)
"""
_BY_ROOT = _FAMILIES + "SELECT root, node FROM family WHERE node > 0"  # noqa: S608 - of constants
_NODES = _FAMILIES + "SELECT node FROM family"  # noqa: S608 - of constants


def families_of(ids: Collection[int], on: date) -> dict[int, frozenset[int]]:
    """Canonical id -> canonical ids of its family on that day, itself included, for each organisation of `ids`.

    One query, whatever their number.
    """
    if not ids:
        return {}
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_ROOT, [on, on, sorted(ids)])
        for root, node in cursor.fetchall():
            found.setdefault(root, set()).add(node)
    return {root: frozenset(nodes) for root, nodes in found.items()}


def family_of(organisation: Organisation, on: date) -> frozenset[int]:
    """Canonical ids of the organisations that were of its family on that day, itself included."""
    return families_of([organisation.pk], on)[organisation.root_id]


@dataclass(frozen=True)
class Kinship:
    """Whether two organisations were of one family on a day, and by which ties, in their order from one to the other.

    No ties and `same` means that the two are one organisation.
    """

    same: bool
    ties: tuple[FamilyTie, ...] = ()

    def __bool__(self) -> bool:
        return self.same


def same_family(one: Organisation, other: Organisation, on: date) -> Kinship:
    """Were the two of one family on that day? The shortest chain of ties is the reason."""
    if one.root_id == other.root_id:
        return Kinship(True)
    family = family_of(one, on)
    if other.root_id not in family:
        return Kinship(False)
    return Kinship(True, _chain(one.root_id, other.root_id, list(_between(family, on))))


@dataclass(frozen=True)
class Step:
    """One tie of a chain, as a sentence."""

    tie: FamilyTie

    def __str__(self) -> str:
        facts = {
            "member": self.tie.member,
            "head": self.tie.head or self.tie.controller,
            "kind": self.tie.get_tie_kind_display(),
        }
        return _("%(member)s belongs to %(head)s: %(kind)s") % facts


def kin(ids: frozenset[int], on: date) -> dict[int, tuple[Step, ...]]:
    """The organisations of the families of `ids` on that day (canonical ids), each with the shortest chain of ties that
    leads there from one of `ids`. One query; answers the question of recusal."""
    # The families are found inside the query for their ties: this is asked on every page of somebody who may be recused.
    nodes = RawSQL(_NODES, (on, on, sorted(ids)))  # noqa: S611 - of constants
    ways = _ways(ids, list(_between(nodes, on)))
    return {node: tuple(Step(tie) for tie in _way(node, ways)) for node in ways if node > 0}


def ties_in_force(on: date) -> QuerySet[FamilyTie]:
    """Confirmed ties that held on that day."""
    return FamilyTie.objects.filter(
        Q(since__isnull=True) | Q(since__lte=on),
        Q(until__isnull=True) | Q(until__gte=on),
        voided_at__isnull=True,
        state=CONFIRMED,
    )


# From an organisation upwards over ties that all held on one day at least; `first` and `last` are the days left.
_ABOVE = """
WITH RECURSIVE above (node, first, last) AS (
    VALUES (%(start)s::bigint, coalesce(%(since)s::date, '-infinity'), coalesce(%(until)s::date, 'infinity'))
    UNION
    SELECT h.same_id, greatest(above.first, t.since), least(above.last, t.until)
    FROM above
    JOIN jd_people_organisation m ON m.same_id = above.node
    JOIN jd_people_familytie t ON t.member_id = m.id
    JOIN jd_people_organisation h ON h.id = t.head_id
    WHERE t.state = 'confirmed' AND t.voided_at IS NULL AND t.id IS DISTINCT FROM %(but)s
      AND coalesce(t.since, '-infinity') <= above.last AND coalesce(t.until, 'infinity') >= above.first
)
SELECT EXISTS (SELECT FROM above WHERE node = %(goal)s)
"""


def closes_circle(tie: FamilyTie) -> bool:
    """Whether the head of a tie belongs to its member already, directly or over others, on a day on which the tie holds."""
    if tie.head is None:
        return False
    values = {
        "start": tie.head.root_id,
        "goal": tie.member.root_id,
        "since": tie.since,
        "until": tie.until,
        "but": tie.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, values)
        found: tuple[bool] = cursor.fetchone()
    return found[0]


def _between(family: Collection[int] | RawSQL, on: date) -> QuerySet[FamilyTie]:
    inside = ties_in_force(on).filter(member__same_id__in=family)
    return inside.select_related("member", "head", "controller").order_by("id")


_Ways = dict[int, tuple[int, FamilyTie] | None]


def _chain(start: int, goal: int, ties: list[FamilyTie]) -> tuple[FamilyTie, ...]:
    """The shortest way from `start` to `goal` over the ties, both ends canonical ids."""
    return _way(goal, _ways([start], ties))


def _ways(starts: Collection[int], ties: list[FamilyTie]) -> _Ways:
    """For each node that the ties lead to, the step before it on a shortest way from one of `starts`."""
    by_node: dict[int, list[tuple[int, FamilyTie]]] = {}
    for tie in ties:
        a, b = tie.member.root_id, _upper(tie)
        by_node.setdefault(a, []).append((b, tie))
        by_node.setdefault(b, []).append((a, tie))
    reached: _Ways = dict.fromkeys(sorted(starts))
    queue = deque(sorted(starts))
    while queue:
        node = queue.popleft()
        for other, tie in by_node.get(node, ()):
            if other not in reached:
                reached[other] = (node, tie)
                queue.append(other)
    return reached


def _way(goal: int, reached: _Ways) -> tuple[FamilyTie, ...]:
    way: list[FamilyTie] = []
    step = reached.get(goal)
    while step is not None:
        way.append(step[1])
        step = reached[step[0]]
    return tuple(reversed(way))


def _upper(tie: FamilyTie) -> int:
    if tie.head is not None:
        return int(tie.head.root_id)
    assert tie.controller is not None  # by constraint
    return -int(tie.controller.root_id)
