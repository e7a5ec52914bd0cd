"""Monte-Carlo of PSPLIB networks: CPU seconds of 100,000 samples, and a plain Python loop beside it.

    python benchmarks/forecast/schedule_speed.py [--loop 2000] [--out result.json]

Needs JIANDAO_SHARED_DATA (engines/psplib: Kolisch, Sprecher, PSPLIB, 1996). Durations lognormal with the plan as median,
sigma 0.3, correlation 0.3. CPU seconds of this process, best of three. The loop gives the same
quantiles and criticalities; its time for 100,000 samples is extrapolated from --loop samples. A second loop computes the end
alone, which is less than we do.
"""

import argparse
import gzip
import io
import json
import math
import os
import random
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.forecast import Activity, simulate

SAMPLES, SIGMA, RHO = 100_000, 0.3, 0.3


def network(archive: Path, name: str) -> list[Activity]:
    """The activities of one instance, resources left out."""
    packed = gzip.decompress(archive.read_bytes())
    if packed[:2] == b"\x1f\x8b":
        packed = gzip.decompress(packed)
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        member = next(one for one in files.getmembers() if one.name.lower().endswith(name))
        file = files.extractfile(member)
        assert file is not None
        lines = file.read().decode("ascii", "replace").splitlines()

    def table(title: str, skip: int) -> list[list[int]]:
        start = next(number for number, line in enumerate(lines) if line.startswith(title)) + skip
        rows = []
        for line in lines[start:]:
            if line.startswith("*"):
                break
            rows.append([int(word) for word in line.split()])
        return rows

    after: dict[int, list[int]] = {}
    for job, _, _, *following in table("PRECEDENCE", 2):
        for one in following:
            after.setdefault(one, []).append(job)
    return [
        Activity(f"{job:03}", float(duration), tuple(f"{one:03}" for one in after.get(job, ())), SIGMA)
        for job, _, duration, *_ in table("REQUESTS/DUR", 3)
    ]


def loop(activities: list[Activity], samples: int, *, slack: bool) -> list[float]:  # noqa: C901 - plain on purpose
    """The same by a plain loop; activities stand in topological order.

    With `slack` it gives what we give: quantiles and criticality of every activity; without, the end alone.
    """
    draw = random.Random(1)
    own, shared = math.sqrt(1 - RHO), math.sqrt(RHO)
    following: dict[str, list[str]] = {one.id: [] for one in activities}
    for one in activities:
        for name in one.after:
            following[name].append(one.id)
    critical = dict.fromkeys(following, 0)
    finishes: dict[str, list[float]] = {name: [] for name in following}
    ends = []
    for _ in range(samples):
        common = draw.gauss(0, 1)
        duration: dict[str, float] = {}
        finish: dict[str, float] = {}
        for one in activities:
            start = 0.0
            for name in one.after:
                start = max(start, finish[name])
            power = one.sigma * (own * draw.gauss(0, 1) + shared * common)
            duration[one.id] = one.duration * math.exp(power)
            finish[one.id] = start + duration[one.id]
        end = max(finish.values())
        ends.append(end)
        if not slack:
            continue
        latest: dict[str, float] = {}
        for one in reversed(activities):
            until = end
            for name in following[one.id]:
                until = min(until, latest[name])
            latest[one.id] = until - duration[one.id]
            if until - finish[one.id] <= end * 1e-9:
                critical[one.id] += 1
            finishes[one.id].append(finish[one.id])
    for values in finishes.values():
        values.sort()
    return ends


def timed(activities: list[Activity], samples: int, *, slack: bool) -> tuple[float, list[float]]:
    """CPU seconds for 100,000 samples, extrapolated from the best of three runs, and the ends."""
    fastest, ends = math.inf, []
    for _ in range(3):
        started = time.process_time()
        ends = loop(activities, samples, slack=slack)
        fastest = min(fastest, (time.process_time() - started) * SAMPLES / samples)
    return fastest, ends


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loop", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    folder = Path(os.environ.get("JIANDAO_SHARED_DATA") or "absent") / "engines" / "psplib"
    if not folder.is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/psplib.", file=sys.stderr)
        return 2
    result: dict[str, Any] = {"samples": SAMPLES}
    for archive, name in (("j30", "j301_1.sm"), ("j60", "j601_1.sm")):
        activities = network(folder / f"{archive}.sm.tgz.gz", name)
        ours = math.inf
        for _ in range(3):
            started = time.process_time()
            found = simulate(activities, correlation=RHO, samples=SAMPLES)
            ours = min(ours, time.process_time() - started)
        plain, ends = timed(activities, args.loop, slack=True)
        short, _ = timed(activities, args.loop, slack=False)
        levels = np.array(found.levels)
        theirs, mine = np.quantile(ends, levels), found.end_quantiles()
        # Three standard errors of the loop's quantiles: the density is that of our samples around each.
        near = np.quantile(found.end, np.clip(levels + 0.01, 0, 1)) - np.quantile(found.end, levels - 0.01)
        error = 3 * np.sqrt(levels * (1 - levels) / args.loop) * near / 0.02
        result[name] = {
            "activities": len(activities),
            "cpu_seconds": round(ours, 4),
            "loop_cpu_seconds_extrapolated": round(plain, 2),
            "loop_samples": args.loop,
            "ratio": round(plain / ours),
            "ratio_to_a_loop_of_the_end_alone": round(short / ours),
            "planned_end": found.deterministic,
            "p10_p50_p80_p95": [round(float(one), 2) for one in mine],
            "loop_p10_p50_p80_p95": [round(float(one), 2) for one in theirs],
            "equal_within_three_standard_errors": bool((np.abs(theirs - mine) <= error).all()),
        }
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
