"""An API list of 50 needs out of 20,000, asked for with a token: CPU milliseconds of a request, whole middleware included.

    python benchmarks/api_list.py [--needs 20000] [--requests 60]

Prints JSON. One process, one connection, on a clone of the tests' template database; the CPU is that of this process
(the database's own is not in it). Target: 6 ms at the median for the plain list.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from own_database import own_database


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with own_database() as analyse:
        print(json.dumps(measure(args, analyse), indent=1, ensure_ascii=False))


def measure(args: argparse.Namespace, analyse: Callable[[], None]) -> dict[str, Any]:
    import factories
    from api.conftest import token_for
    from jiandao.kernel.accounts.roles import Role
    from jiandao.kernel.quotas.spending import LIMITS

    LIMITS["api"] = LIMITS["search"] = (10**9, 60)
    inside = factories.programme()
    fill(inside, args.needs, args.seed)
    analyse()
    officer = factories.actor((Role.PROGRAMME_OFFICER, inside), name="officer")
    secret = token_for(officer.account)
    base = f"/api/v1/p/{inside.slug}/needs"
    return {
        "needs": args.needs,
        "requests": args.requests,
        "list_of_50": timed(base, secret, args.requests),
        "sorted_by_title": timed(f"{base}?order=title&state=published", secret, args.requests),
        "target_cpu_ms": 6,
    }


def fill(inside: Any, count: int, seed: int) -> None:
    """Needs of 200 organisations, in every open state."""
    import factories
    from jiandao.kernel import clock
    from jiandao.stages.exchange.models import Need

    chance = random.Random(seed)
    owners = [factories.organisation(f"示范企业{number:03d}") for number in range(200)]
    direction, field = factories.term("direction"), factories.term("field")
    rows = [
        Need(
            programme=inside, organisation=chance.choice(owners), title=f"碳化硅外延片缺陷控制（{number}号）",
            state=chance.choice(("submitted", "published")), published_at=clock.now(), direction=direction, field=field,
            budget_fen=chance.randrange(1, 10**9), problem="缺陷密度偏高，批次之间差异大。", deadline=clock.today(),
        )
        for number in range(count)
    ]  # fmt: skip
    Need.objects.with_scopes_disabled().bulk_create(rows, batch_size=1_000)  # type: ignore[attr-defined]


def timed(url: str, secret: str, requests: int) -> dict[str, Any]:
    """CPU and wall milliseconds of a request."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
    cpu, wall = [], []
    for number in range(requests + 5):
        began, used = time.perf_counter(), time.process_time()
        response = client.get(url)
        if number >= 5:  # the first ones fill what Django looks up once a process
            cpu.append(1_000 * (time.process_time() - used))
            wall.append(1_000 * (time.perf_counter() - began))
    body = response.json()
    assert response.status_code == 200, body
    assert len(body["items"]) == 50, len(body["items"])
    ordered = sorted(cpu)
    return {
        "cpu_ms_median": round(median(cpu), 2),
        "cpu_ms_p90": round(ordered[len(ordered) * 9 // 10], 2),
        "wall_ms_median": round(median(wall), 2),
        "bytes": len(response.content),
        "total": body["total"],
    }


if __name__ == "__main__":
    main()
