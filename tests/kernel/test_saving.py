"""Saving what an editor changed: only what the action names, nothing for nothing, and once in the journal."""

import pytest

import factories
from jiandao.kernel import journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.lifecycle.saving import assign, kept, known, save_changes
from jiandao.stages.exchange import policy

FIELDS = ("title", "problem", "direction", "secrecy")


@pytest.fixture
def need(db):
    return factories.need(factories.programme(), factories.organisation())


def _save(need, before, after):
    actor = factories.actor((Role.NEED_OWNER, need.organisation))
    rule = policy.EDIT_NEED
    save_changes(actor=actor, role=Role.NEED_OWNER, record=need, rule=rule, before=before, after=after)


def test_what_the_action_does_not_name_is_never_set(need):
    with pytest.raises(TypeError, match="state"):
        known({"title": "x", "state": "published"}, FIELDS)
    with pytest.raises(TypeError, match="version"):
        assign(need, {"version": 7}, FIELDS)


def test_a_save_that_changes_nothing_leaves_no_trace(need):
    before = kept(need, FIELDS)
    assign(need, {"title": need.title}, FIELDS)
    _save(need, before, kept(need, FIELDS))
    assert locked(need).version == 1
    assert journal.timeline(need.kind, need.pk, 10) == []


def test_only_what_changed_is_journalled_and_rows_of_a_table_beside_it(need):
    term = factories.term("direction")
    before = kept(need, FIELDS) | {"rows": ["a"]}
    assign(need, {"title": "新标题", "direction": term}, FIELDS)
    _save(need, before, kept(need, FIELDS) | {"rows": ["a", "b"]})
    fresh = locked(need)
    assert (fresh.title, fresh.direction, fresh.version) == ("新标题", term, 2)
    (entry,) = journal.timeline(need.kind, need.pk, 10)
    assert entry.after == {"title": "新标题", "direction": f"{term.edition}:{term.code}", "rows": ["a", "b"]}
