"""Results: most of the records, so that their search columns are computed by all processors, where it is worth it."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from jiandao.kernel.database.copying import copy_records
from jiandao.stages.exchange.models import ResearchResult
from jiandao.web.demonstration.composing import Plan
from jiandao.web.demonstration.composing.plan import chance, pick
from jiandao.web.demonstration.composing.prepared import Prepared, authors_of, prepare
from jiandao.web.demonstration.composing.results import ResultText
from jiandao.web.demonstration.loading.frame import LOT, SOURCE, Frame, Step

PARALLEL_FROM = 20_000  # fewer are done before another process has started
# The newest are looked at by the worker, which offers them to those they fit; older ones were offered long ago.
NOT_YET_OFFERED = 12


@dataclass(frozen=True)
class Answer:
    """A result as it was written, for those who look for answers."""

    pk: int
    organisation_id: int
    published: bool


def load_results(frame: Frame) -> list[Answer]:
    """The results of the plan; what was written, in its order."""
    answers: list[Answer] = []
    for prepared in _prepared(frame.plan):
        rows = [_result(frame, text, sort_key, search) for text, sort_key, search in prepared]
        copy_records(ResearchResult, rows)
        frame.journal_steps((row, [Step(_day(frame, row), 0, "import", "", {}, {"state": row.state})]) for row in rows)
        answers += [Answer(row.pk, row.organisation_id, row.state == "published") for row in rows]
        frame.wrote("results", len(answers), frame.plan.results)
    return answers


_ahead: dict[tuple[Plan, int], Prepared] = {}


def prepare_ahead(plan: Plan) -> None:
    """Prepare the results of a small plan before there are tables to write them to."""
    if plan.results < PARALLEL_FROM:
        _ahead.update({(plan, start): prepare(plan, start, LOT) for start in range(0, plan.results, LOT)})


def _prepared(plan: Plan) -> Iterator[Prepared]:
    starts = range(0, plan.results, LOT)
    processors = os.cpu_count() or 1
    if plan.results < PARALLEL_FROM or processors == 1:
        for start in starts:
            yield _ahead.pop((plan, start), []) or prepare(plan, start, LOT)
        return
    # Spawned, not forked: this process holds a connection to the database.
    with ProcessPoolExecutor(processors, mp_context=get_context("spawn")) as pool:
        running: list[Future[Prepared]] = []
        for start in starts:  # a few ahead: all at once would hold everything in memory
            running.append(pool.submit(prepare, plan, start, LOT))
            if len(running) > 2 * processors:
                yield running.pop(0).result()
        yield from (one.result() for one in running)


def _result(frame: Frame, text: ResultText, sort_key: str, search: str) -> ResearchResult:
    draw = chance(frame.plan.seed, "result history", text.index)
    state = "draft" if text.index % 33 == 7 else "withdrawn" if text.index % 50 == 11 else "published"
    # They came in by the lot, as registers send them.
    begun = frame.moment(text.index * frame.days // frame.plan.results)
    newest = text.index >= frame.plan.results - NOT_YET_OFFERED
    level = frame.term("trl", str(text.level))
    return ResearchResult(
        programme=frame.programme,
        organisation_id=frame.units[text.organisation].pk,
        state=state,
        title=text.title[:200],
        text=text.summary,
        authors=authors_of(text),
        keywords=[word[:40] for word in text.keywords],
        field=frame.term("field", text.field),
        trl=level,
        trl_evidence=_evidence(text) if level else "",
        terms=text.terms,
        price_fen=text.price_fen[0] if text.index % 2 else None,
        published_at=begun + timedelta(hours=3) if state != "draft" else None,
        offered_at=frame.now if state == "published" and not newest else None,
        sort_key=sort_key,
        search=search,
        created_at=begun,
        changed_at=begun + timedelta(hours=pick(draw, range(3, 9))),
        source=SOURCE,
        source_id=str(text.index),
    )


def _evidence(text: ResultText) -> str:
    return "第三方测试报告（演示数据）" if text.level >= 5 else "实验室测试记录（演示数据）"


def _day(frame: Frame, row: Any) -> int:
    return int((row.created_at - frame.first).days // frame.stride)
