"""Lists, record pages and search with many records: SQL queries and CPU of each page.

    .venv/bin/python benchmarks/large_lists.py [--needs 20000] [--records 200000] [--rounds 15]

Prints JSON. Needs and results are composed as in the demonstration, every 20th with a paragraph on pledged
intellectual property, and are read by a programme officer through Django's test client, on a clone of the tests'
template database. `cpu_ms` is the CPU of the web process, `database_cpu_ms` that of its PostgreSQL backends (from /proc,
in steps of 10 ms, hence the mean), each for one page; median and worst of the rounds. Targets: list of needs at 20,000
<= 15 queries, <= 60 ms; record page <= 15 queries, <= 50 ms; search at 200,000 records <= 30 ms.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from own_database import own_database

SEARCHED = ("专利", "碳化硅", "知识产权质押")
PLEDGE = "成果所涉知识产权已办理知识产权质押融资，受让方须一并承接。"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    with own_database() as analyse:
        print(json.dumps(measure(args, analyse), indent=1, ensure_ascii=False))


def measure(args: argparse.Namespace, analyse: Callable[[], None]) -> dict[str, Any]:
    from django.test import Client

    import factories
    from jiandao.kernel.accounts.roles import Role

    inside = factories.programme()
    officer = factories.account("officer")
    factories.grant(officer, Role.PROGRAMME_OFFICER, inside)
    began = time.perf_counter()
    needs = fill(inside, args.needs, args.records - args.needs)
    loaded = time.perf_counter() - began
    analyse()
    client = Client(headers={"host": "localhost"})
    client.force_login(officer)
    base = f"/p/{inside.slug}"
    pages = {
        "list of needs": f"{base}/needs/",
        "list of needs, last page": f"{base}/needs/?page=100000",
        "list of results": f"{base}/results/",
        "record page of a need": f"{base}/needs/{needs[len(needs) // 2]}/",
    }
    for text in SEARCHED:
        pages[f"search {text}"] = f"{base}/search/?q={text}"
        pages[f"results with {text}"] = f"{base}/results/?q={text}"
    return {
        "needs": args.needs,
        "records": args.records,
        "loaded_s": round(loaded, 1),
        "pages": {label: timed(client, url, args.rounds) for label, url in pages.items()},
    }


def timed(client: Any, url: str, rounds: int) -> dict[str, Any]:
    """Queries, CPU and size of one page."""
    from django.core.cache import cache
    from django.db import connection

    client.get(url)  # templates and plans are warm
    queries: list[str] = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        queries.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(count):
        page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    own, walls = [], []
    backend = _backend_cpu()
    for _ in range(rounds):
        cache.clear()  # the quota on searches
        wall, cpu = time.perf_counter(), time.process_time()
        client.get(url)
        own.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return {
        "queries": len(queries),
        "cpu_ms": round(median(own) * 1000, 1),
        "cpu_ms_worst": round(max(own) * 1000, 1),
        "database_cpu_ms": round((_backend_cpu() - backend) / rounds * 1000, 1),
        "wall_ms": round(median(walls) * 1000, 1),
        "wall_ms_worst": round(max(walls) * 1000, 1),
        "kb": round(len(page.content) / 1024, 1),
    }


def _backend_cpu() -> float:
    """CPU seconds of this connection's PostgreSQL process so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(inside: Any, needs: int, results: int) -> list[str]:
    """Needs (most of them published) with indicators, and results; the public ids of the needs."""
    import factories
    from jiandao.kernel import clock
    from jiandao.kernel.programme import in_programme
    from jiandao.stages.exchange.models import Need, ResearchResult, TargetIndicator
    from jiandao.web.demonstration import content

    organisations = [factories.organisation() for _ in range(400)]
    states = cycle(["published"] * 6 + ["submitted", "checking", "returned", "draft"])
    made: list[str] = []
    with in_programme(inside):
        composed = enumerate(_endless(content.needs, 5_000))
        for chunk in _chunks(islice(composed, needs), 2_000):
            rows, indicators = [], []
            for number, (_enterprise, values, wanted) in chunk:
                state = next(states)
                need = Need(
                    programme=inside,
                    organisation=organisations[number % 400],
                    state=state,
                    published_at=clock.now() if state == "published" else None,
                    **values | {"title": f"{values['title']}（{number}号）"},
                )
                need.refresh_search()
                rows.append(need)
                indicators.append(wanted)
            saved = Need.objects.bulk_create(rows, batch_size=500)
            TargetIndicator.objects.bulk_create(
                [
                    TargetIndicator(need=need, programme=inside, position=position, **values)
                    for need, wanted in zip(saved, indicators, strict=True)
                    for position, values in enumerate(wanted)
                ],
                batch_size=1_000,
            )
            made += [need.public_id for need in saved]
        for chunk in _chunks(islice(enumerate(_endless(content.results, 5_000)), results), 2_000):
            rows = []
            for number, (_institute, values) in chunk:
                more = {key: values[key] for key in values if key not in {"level", "evidence"}}
                more["text"] += PLEDGE if number % 20 == 7 else ""
                result = ResearchResult(
                    programme=inside,
                    organisation=organisations[number % 400],
                    state="published",
                    published_at=clock.now(),
                    **more | {"title": f"{more['title']}（{number}号）"},
                )
                result.refresh_search()
                rows.append(result)
            ResearchResult.objects.bulk_create(rows, batch_size=500)
    return made


def _endless(compose: Any, count: int) -> Iterator[Any]:
    """The same composed records again and again."""
    return cycle(list(compose(count)))


def _chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, size)):
        yield chunk


if __name__ == "__main__":
    main()
