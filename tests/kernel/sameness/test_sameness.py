"""Sameness: merging re-points nothing, undoing in any order leaves what the other merges say."""

from itertools import combinations, pairwise

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factories
from jiandao.kernel import sameness
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.sameness import Merge, MergeRefused
from jiandao.stages.exchange.models import Need
from jiandao.stages.people.models import Organisation


@pytest.fixture
def by(db):
    return factories.actor()


def three():
    return tuple(factories.organisation(name) for name in "甲乙丙")


def groups(*records):
    """Which of the records are one today, by their positions, read afresh."""
    same = dict(Organisation.objects.filter(pk__in=[one.pk for one in records]).values_list("pk", "same_id"))
    return {(i, j) for (i, a), (j, b) in combinations(enumerate(records), 2) if same[a.pk] == same[b.pk]}


def code_of(call, **values):
    with pytest.raises(MergeRefused) as refused:
        call(**values)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert "%(" not in refused.value.refusal.sentence
    return refused.value.refusal.code


def test_comparisons_change_with_a_merge_and_change_back_with_its_undoing(by):
    a, b, c = three()
    assert not a.is_same_as(b)
    merged = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    a, b = (Organisation.objects.get(pk=one.pk) for one in (a, b))
    assert a.is_same_as(b)
    assert (a.root_id, a.same_id, b.same_id) == (b.pk, b.pk, b.pk)
    assert sameness.canonical_ids("people.organisation", [a.pk, b.pk, c.pk]) == {a.pk: b.pk, b.pk: b.pk, c.pk: c.pk}
    sameness.undo(merge=merged)
    a, b = (Organisation.objects.get(pk=one.pk) for one in (a, b))
    assert not a.is_same_as(b)
    assert a.canonical_id is None


def test_nothing_is_re_pointed(by):
    a, b, _c = three()
    need = factories.need(factories.programme(), a)
    sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    need = Need.everywhere().select_related("organisation").get(pk=need.pk)
    assert (need.organisation_id, need.organisation.same_id) == (a.pk, b.pk)


def test_a_role_counts_for_the_merged_organisation_and_no_more_after_the_undoing(by):
    a, b, _c = three()
    account = factories.account()
    factories.grant(account, Role.RESEARCHER, a)
    merged = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    assert load_actor(account).scopes(Role.RESEARCHER, Scope.ORGANISATION) == {b.pk}
    sameness.undo(merge=merged)
    assert load_actor(account).scopes(Role.RESEARCHER, Scope.ORGANISATION) == {a.pk}


def test_merging_chains_and_undoing_in_any_order(by):
    a, b, c = three()
    first = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    assert groups(a, b, c) == {(0, 1)}
    second = sameness.merge(actor=by, loser=b, winner=c, reason="合并")
    assert groups(a, b, c) == {(0, 1), (1, 2), (0, 2)}
    sameness.undo(merge=first)
    assert groups(a, b, c) == {(1, 2)}
    sameness.undo(merge=second)
    assert groups(a, b, c) == set()
    assert code_of(sameness.undo, merge=second) == "sameness.already_undone"


def test_undoing_the_later_merge_brings_followers_back(by):
    a, b, c = three()
    sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    sameness.undo(merge=sameness.merge(actor=by, loser=b, winner=c, reason="误并"))
    assert groups(a, b, c) == {(0, 1)}


def test_a_follower_that_was_set_free_and_merged_anew_stays_where_it_was_put(by):
    a, b, c = three()
    first = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    second = sameness.merge(actor=by, loser=b, winner=c, reason="合并")
    sameness.undo(merge=first)
    sameness.merge(actor=by, loser=a, winner=c, reason="另证")
    sameness.undo(merge=second)
    assert groups(a, b, c) == {(0, 2)}


def test_a_merge_into_a_merged_record_counts_for_its_canonical_one_and_stays_with_the_one_named(by):
    a, b, c = three()
    first = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    made = sameness.merge(actor=by, loser=c, winner=a, reason="合并")
    assert (made.winner_id, groups(a, b, c)) == (a.pk, {(0, 1), (1, 2), (0, 2)})
    sameness.undo(merge=first)
    assert groups(a, b, c) == {(0, 2)}, "somebody said that c is a; nobody said that c is b"


def test_no_record_is_merged_with_itself_twice_or_in_a_circle(by):
    a, b, c = three()
    merge = {"actor": by, "reason": "同一单位"}
    assert code_of(sameness.merge, **merge, loser=a, winner=a) == "sameness.already_same"
    sameness.merge(**merge, loser=a, winner=b)
    assert code_of(sameness.merge, **merge, loser=a, winner=b) == "sameness.already_same"
    assert code_of(sameness.merge, **merge, loser=b, winner=a) == "sameness.already_same"
    assert code_of(sameness.merge, **merge, loser=a, winner=c) == "sameness.already_merged"
    sameness.merge(**merge, loser=b, winner=c)
    assert code_of(sameness.merge, **merge, loser=c, winner=a) == "sameness.already_same"
    person = factories.person("李华")
    assert code_of(sameness.merge, **merge, loser=person, winner=a) == "sameness.kinds_differ"
    assert code_of(sameness.merge, actor=by, reason=" ", loser=c, winner=factories.organisation()) == "sameness.reason"


def test_the_database_refuses_a_merge_of_one_record_with_itself(by):
    a, _b, _c = three()
    with pytest.raises(Exception, match="merge_two_records"), transaction.atomic():
        Merge.objects.create(kind=a.kind, loser_id=a.pk, winner_id=a.pk, reason="x", merged_by=by.account)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_whatever_is_merged_and_undone_the_merges_in_force_decide(by, steps):
    """Against a model on paper: two are one exactly if merges in force connect them."""
    with transaction.atomic():
        records = [factories.organisation() for _ in range(6)]
        position = {one.pk: i for i, one in enumerate(records)}
        in_force = []
        for undoing, i, j in steps:
            if undoing and in_force:
                sameness.undo(merge=in_force.pop((i * 6 + j) % len(in_force)))
            else:
                try:
                    with transaction.atomic():
                        made = sameness.merge(actor=by, loser=records[i], winner=records[j], reason="x")
                except NotAllowed:
                    continue
                assert (position[made.loser_id], position[made.winner_id]) == (i, j), "the pair that was decided"
                in_force.append(made)
            parts = [{i} for i in range(6)]
            for one in in_force:
                pair = {position[one.loser_id], position[one.winner_id]}
                joined = set().union(*(part for part in parts if part & pair))
                parts = [part for part in parts if not part & pair] + [joined]
            expected = {pair for part in parts for pair in combinations(sorted(part), 2)}
            assert groups(*records) == expected
            assert flat()
        transaction.set_rollback(True)


def flat():
    """No canonical record is itself merged."""
    return not Organisation.objects.filter(canonical__canonical__isnull=False).exists()


# --- two at once -----------------------------------------------------------------------------------------------------


def refusals(outcomes):
    errors = [one.error for one in outcomes if one.error is not None]
    assert all(isinstance(error, MergeRefused) for error in errors), errors
    return [error.refusal.code for error in errors]


def test_two_merges_of_one_record_at_once_one_counts(race):
    by = factories.actor()
    a, b, c = three()
    outcomes = race(*[lambda winner=w: sameness.merge(actor=by, loser=a, winner=winner, reason="x") for w in (b, c)])
    assert refusals(outcomes) == ["sameness.already_merged"]
    assert Merge.objects.count() == 1


def test_each_into_the_other_at_once_makes_no_circle(race):
    by = factories.actor()
    a, b, _c = three()
    outcomes = race(
        lambda: sameness.merge(actor=by, loser=a, winner=b, reason="x"),
        lambda: sameness.merge(actor=by, loser=b, winner=a, reason="x"),
    )
    assert refusals(outcomes) == ["sameness.already_same"]
    assert flat()


def test_a_chain_merged_by_many_at_once_has_one_end(race):
    by = factories.actor()
    records = [factories.organisation() for _ in range(7)]
    for _ in range(3):
        outcomes = race(
            *[
                lambda pair=pair: sameness.merge(actor=by, loser=pair[0], winner=pair[1], reason="x")
                for pair in pairwise(records)
            ]
        )
        assert refusals(outcomes) == []
        assert len(groups(*records)) == 21
        assert flat()
        for outcome in outcomes:
            sameness.undo(merge=outcome.value)
        assert groups(*records) == set()


def test_one_merge_is_undone_once(race):
    by = factories.actor()
    a, b, _c = three()
    merged = sameness.merge(actor=by, loser=a, winner=b, reason="x")
    outcomes = race(*[lambda: sameness.undo(merge=merged)] * 2)
    assert refusals(outcomes) == ["sameness.already_undone"]
    assert groups(a, b) == set()
