"""What every edit does, whatever the kind of the record."""

import pytest

import factories
from jiandao.kernel import journal, secrecy
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange.models import ResearchResult
from jiandao.stages.exchange.policy import EDIT_RESULT


@pytest.fixture
def edit(db):
    of = factories.organisation()
    result = factories.result(factories.programme(), of, field=factories.term("field"))
    actor = factories.actor((Role.RESEARCHER, of))

    def edit(**values):
        fresh = locked(result)
        names = [*values, "field"]
        before = values_of(fresh, names)
        for name, value in values.items():
            setattr(fresh, name, value)
        after = values_of(fresh, names)
        return save_edit(actor=actor, role="researcher", record=fresh, before=before, after=after, rule=EDIT_RESULT)

    edit.result, edit.actor = result, actor
    return edit


def now(result):
    return ResearchResult.everywhere().get(pk=result.pk)


def test_an_edit_is_the_next_version_and_one_entry_of_what_changed(edit):
    assert edit(title="新题", text=edit.result.text)
    assert (now(edit.result).title, now(edit.result).version) == ("新题", 2)
    (entry,) = journal.timeline(edit.result.kind, edit.result.pk)
    assert (entry.verb, entry.before, entry.after) == ("edit", {"title": edit.result.title}, {"title": "新题"})


def test_an_edit_that_changes_nothing_leaves_no_trace(edit):
    assert not edit(title=edit.result.title)
    assert now(edit.result).version == 1
    assert journal.timeline(edit.result.kind, edit.result.pk) == []


def test_terms_are_kept_by_edition_and_code(edit):
    term = edit.result.field
    edit(field=None)
    (entry,) = journal.timeline(edit.result.kind, edit.result.pk)
    assert (entry.before, entry.after) == ({"field": f"{term.edition}:{term.code}"}, {"field": None})


def test_whoever_makes_a_record_need_to_know_stands_on_its_list(edit):
    edit(title="新题")
    assert not secrecy.knowers(edit.result.kind, edit.result.pk).exists()
    edit(secrecy=Level.WORK_SECRET)
    assert secrecy.knowers(edit.result.kind, edit.result.pk).get() == edit.actor.account
