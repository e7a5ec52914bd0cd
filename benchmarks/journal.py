"""The journal: how much slower is a real action with it, with 8 writers at once; and how fast is verification.

    python benchmarks/journal.py [--writers 8] [--actions 60] [--entries 20000]

Prints JSON. The same action (edit a need: lock, decide, save, journal) is timed with the journal and with `record`
replaced by nothing, in turn, on clones of the tests' template database (fsync off, so that the disk is not measured).
Targets: ratio >= 0.8; verify >= 50,000 entries a CPU second.
"""

import argparse
import json
import threading
import time
from statistics import median
from unittest import mock

from own_database import own_database


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--actions", type=int, default=60)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with own_database():
        print(json.dumps(measure(args), indent=1))


def measure(args: argparse.Namespace) -> dict[str, object]:
    from jiandao.kernel.journal.seal import seal_all
    from jiandao.kernel.journal.verify import verify

    with_journal, without = [], []
    for _ in range(args.rounds):
        without.append(run(args.writers, args.actions, journal=False))
        with_journal.append(run(args.writers, args.actions, journal=True))
    fill(args.entries)
    seal_all()
    began, cpu = time.perf_counter(), time.process_time()
    verdict = verify()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert verdict.sound, verdict.broken
    return {
        "writers": args.writers,
        "actions_per_s_with": [round(one) for one in with_journal],
        "actions_per_s_without": [round(one) for one in without],
        "ratio_median": round(median(with_journal) / median(without), 3),
        "ratio_worst": round(min(with_journal) / max(without), 3),
        "entries_verified": verdict.entries,
        "verify_entries_per_cpu_s": round(verdict.entries / cpu),
        "verify_entries_per_s": round(verdict.entries / wall),
    }


def run(writers: int, actions: int, *, journal: bool) -> float:
    """Actions a second of `writers` threads, each editing a need of its own."""
    from django.db import connections

    import factories
    from jiandao.kernel.accounts.roles import Role
    from jiandao.stages.exchange import actions as exchange
    from jiandao.stages.exchange.models import Need

    inside, of = factories.programme(), factories.organisation()
    actor = factories.actor((Role.NEED_OWNER, of))
    made = [factories.need(inside, of) for _ in range(writers)]
    needs = list(Need.everywhere().select_related("organisation").filter(pk__in=[one.pk for one in made]))
    barrier = threading.Barrier(writers + 1)

    def write(need: Need) -> None:
        connections["default"].ensure_connection()
        barrier.wait()
        for number in range(actions):
            values = {"goal": f"第{number}次修改的预期目标"}
            exchange.edit_need(actor=actor, need=need, expected_version=need.version + number, values=values)
        connections.close_all()

    threads = [threading.Thread(target=write, args=(need,)) for need in needs]
    silent = mock.patch("jiandao.kernel.journal.record", return_value=0)
    if not journal:
        silent.start()
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if not journal:
        silent.stop()
    return writers * actions / seconds


def fill(entries: int) -> None:
    """So many entries on a few hundred records."""
    from django.db import transaction

    import factories
    from jiandao.kernel import journal
    from jiandao.kernel.accounts.actor import Actor

    inside, of = factories.programme(), factories.organisation()
    needs = [factories.need(inside, of) for _ in range(200)]
    with transaction.atomic():
        for number in range(entries):
            journal.record(actor=Actor(), verb="edit", record=needs[number % 200], after={"title": f"题目{number}"})


if __name__ == "__main__":
    main()
