"""Pages over the demonstration of a province: SQL queries, CPU and size of each.

    .venv/bin/python benchmarks/large_lists.py [--size province] [--rounds 15]

Prints JSON. The demonstration is built on a clone of the tests' template database (province: 37,721 organisations, 20,471
needs, 200,000 results, 5,000 experts) with its match index, and read through Django's test client, by a programme officer
or by the public. `cpu_ms` is the CPU of the web process, `database_cpu_ms` that of its PostgreSQL backend (from /proc, in
steps of 10 ms, hence the mean), each for one page; median and worst of the rounds, with no answer remembered of the last
one (the question that a rule asks is kept by the process: `kernel/policy/sight.py`); `cpu_ms_again` is the median when one
may be (`JIANDAO_REMEMBER_SECONDS`). `kb` is the page without its assets.

Targets: public list of challenges <= 8 queries, 20 ms, 40 kB; list of needs <= 15 queries, 60 ms; funnel <= 12 queries,
80 ms; match page <= 15 queries, 80 ms; record page <= 15 queries, 50 ms; search <= 30 ms.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from own_database import own_database

SEARCHED = ("专利", "空芯光纤", "轴承钢 夹杂物")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=("small", "province"), default="province")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    with own_database() as analyse:
        print(json.dumps(measure(args, analyse), indent=1, ensure_ascii=False))


def measure(args: argparse.Namespace, analyse: Callable[[], None]) -> dict[str, Any]:
    from django.test import Client

    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.programme import in_programme
    from jiandao.kernel.search.follower import rebuild
    from jiandao.stages.exchange.models import Challenge, Need, ResearchResult
    from jiandao.web.demonstration.build import build
    from jiandao.web.demonstration.composing import SIZES

    began = time.perf_counter()
    programme = build(SIZES[args.size])
    loaded = time.perf_counter()
    rebuild()
    indexed = time.perf_counter()
    analyse()
    base = f"/p/{programme.slug}"
    with in_programme(programme):
        need = Need.objects.filter(state="published", secrecy="public").order_by("pk")[100]
        challenge = Challenge.objects.filter(state="published").order_by("pk")[100]
        result = ResearchResult.objects.filter(state="published", secrecy="public").order_by("pk")[100]
    office = {
        "list of needs": f"{base}/needs/",
        "list of needs, last page": f"{base}/needs/?page=100000",
        "list of results": f"{base}/results/",
        "list of organisations": "/organisations/",
        "list of experts": "/experts/",
        "list of experts who know 激光": "/experts/?name=激光",
        "list of capabilities": f"{base}/capabilities/",
        "list of introductions": f"{base}/introductions/",
        "record page of a need": f"{base}/needs/{need.public_id}/",
        "match page of a need": f"{base}/needs/{need.public_id}/matches/",
        "match page of a result": f"{base}/results/{result.public_id}/matches/",
        "funnel": f"{base}/funnel/",
        "figures": f"{base}/figures/",
        "desk": f"{base}/",
        **{f"search {text}": f"{base}/search/?q={text}" for text in SEARCHED},
        **{f"results with {text}": f"{base}/results/?q={text}" for text in SEARCHED},
    }
    public = {
        "public list of challenges": f"{base}/challenges/",
        "public page of a challenge": f"{base}/challenges/{challenge.public_id}/",
        "public list of results": f"{base}/results/",
        "public start page": f"{base}/",
    }
    officer, anybody = Client(headers={"host": "localhost"}), Client(headers={"host": "localhost"})
    officer.force_login(Account.objects.get(username="officer"), "jiandao.kernel.accounts.backend.AccountBackend")
    return {
        "size": args.size,
        "loaded_s": round(loaded - began, 1),
        "indexed_s": round(indexed - loaded, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "pages": {label: timed(officer, url, args.rounds) for label, url in office.items()}
        | {label: timed(anybody, url, args.rounds) for label, url in public.items()},
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

    cache.clear()
    with connection.execute_wrapper(count):
        page = client.get(url)
    kept: list[float] = []
    for _ in range(rounds):  # as the second visitor of some seconds gets it
        cpu = time.process_time()
        client.get(url)
        kept.append(time.process_time() - cpu)
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
        "cpu_ms_again": round(median(kept) * 1000, 1),
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


if __name__ == "__main__":
    main()
