"""Organisation names: precision and recall on labelled pairs, proposals on a real file, speed with 40,000 names. JSON.

    .venv/bin/python benchmarks/organisation_names.py [--names 40000] [--show] > organisation_names.json

The labelled pairs are `tests/engines/names/data/labelled_pairs.tsv`; the 150 with the smaller SHA-256 are the half on
which the rules were made, the others were held out. The real file is nsfc_management_projects_zh.csv of the shared
data, which the project does not carry; without it that part is left out. The many names are made up.
"""

import argparse
import csv
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from jiandao.engines.names import Dictionaries, Entry, Index, Proposal, Verdict, compare, dictionaries

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ROOT / "tests" / "engines" / "names" / "data" / "labelled_pairs.tsv"
PLACES = (
    "武汉", "宜昌", "襄阳", "黄石", "十堰", "荆州", "荆门", "孝感", "黄冈",
    "鄂州", "咸宁", "随州", "恩施", "潜江", "天门", "仙桃", "湖北",
)  # fmt: skip
FIRST = "华鼎锐天恒信光东汉楚江金海泰瑞安中凯创科宏盛远博晨明新亚长龙"
SECOND = "星兴达源能诚谷力利威润邦尔纳特通飞腾宇辰图杰成为创德和芯元晶"
TRADE = (
    "光电技术", "生物科技", "激光设备", "新材料", "信息技术", "智能装备", "环保科技", "电子科技",
    "医疗器械", "农业科技", "精密机械", "软件", "药业", "汽车零部件", "机器人", "半导体",
)  # fmt: skip
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=given, help="the folder of real data")
    parser.add_argument("--names", type=int, default=40_000, help="how many made-up names for the speed")
    parser.add_argument("--show", action="store_true", help="also print fifty of the real proposals, to be read")
    args = parser.parse_args()
    began = time.perf_counter()
    dictionaries()
    loaded = time.perf_counter() - began
    found: dict[str, Any] = {"dictionaries_load_ms": round(loaded * 1000, 1), "labelled": labelled()}
    real = Path(args.data) / "programmes" / "nsfc_management_projects_zh.csv"
    if real.is_file():
        found["real"] = proposals(real, show=args.show)
    else:
        sys.stderr.write(f"{real}: there is no real data; name its folder with --data or JIANDAO_SHARED_DATA\n")
    found["speed"] = speed(args.names)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0


def labelled() -> dict[str, Any]:
    """Precision and recall of "same" on both halves and by origin: as the product answers, and by the rules alone, without
    the dictionaries of former, short and English names and of campuses."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows.sort(key=lambda row: sha256(f"{row['a']}\t{row['b']}".encode()).hexdigest())
    return {
        "with_dictionaries": _parts(rows, dictionaries()),
        "rules_alone": _parts(rows, Dictionaries(by_heart=False)),
    }


def _parts(rows: list[dict[str, str]], words: Dictionaries) -> dict[str, Any]:
    judged = [(row["label"], row["origin"], compare(row["a"], row["b"], words=words)) for row in rows]
    parts = {"developed_on": judged[:150], "held_out": judged[150:], "all": judged}
    parts |= {f"origin_{one}": [found for found in judged if found[1] == one] for one in ("file", "made")}
    return {name: _quality([(label, verdict) for label, _, verdict in part]) for name, part in parts.items()}


def _quality(judged: list[tuple[str, Verdict]]) -> dict[str, Any]:
    said = [label for label, verdict in judged if verdict.outcome == "same"]
    truly = [verdict for label, verdict in judged if label == "same"]
    right = [verdict for verdict in truly if verdict.outcome == "same"]
    return {
        "pairs": len(judged),
        "precision": round(said.count("same") / len(said), 4),
        "recall": round(len(right) / len(truly), 4),
        "same": len(truly),
        "wrongly_same": len(said) - said.count("same"),
        "missed": len(truly) - len(right),
        "left_to_a_person": sum(verdict.outcome == "unsure" for verdict in truly),
        "table": {f"{label} → {told}": n for (label, told), n in sorted(_table(judged).items())},
    }


def _table(judged: list[tuple[str, Verdict]]) -> Counter[tuple[str, str]]:
    return Counter((label, verdict.outcome) for label, verdict in judged)


def proposals(path: Path, *, show: bool) -> dict[str, Any]:
    """How many of the distinct host units of the file are proposed for merging."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        hosts = Counter(row["依托单位"] for row in csv.DictReader(file))
    names = sorted(hosts)
    began = time.perf_counter()
    index = Index(Entry(f"{number:05}", name) for number, name in enumerate(names))
    pairs = index.candidates()
    found = index.proposals(("same", "unsure", "part-of"))
    seconds = time.perf_counter() - began
    same = [one for one in found if one.verdict.outcome == "same"]
    groups = _groups(same)
    codes = Counter(
        reason.code for one in same for reason in {reason.code: reason for reason in one.verdict.reasons}.values()
    )
    told: dict[str, Any] = {
        "rows": hosts.total(),
        "distinct_hosts": len(names),
        "all_pairs": len(names) * (len(names) - 1) // 2,
        "candidates": len(pairs),
        "outcomes": dict(Counter(one.verdict.outcome for one in found)),
        "hosts_in_a_proposal": sum(map(len, groups)),
        "groups": len(groups),
        "organisations_after_merging": len(names) - sum(len(group) - 1 for group in groups),
        "reasons": dict(codes.most_common()),
        "seconds": round(seconds, 2),
    }
    if show:
        drawn = sorted(same, key=lambda one: sha256(f"{names[int(one.a)]}\t{names[int(one.b)]}".encode()).hexdigest())[
            :50
        ]
        told["fifty"] = [
            [names[int(one.a)], names[int(one.b)], *(reason.sentence for reason in one.verdict.reasons)]
            for one in drawn
        ]
    return told


def _groups(same: list[Proposal]) -> list[set[str]]:
    group_of: dict[str, set[str]] = {}
    for one in same:
        joined = group_of.get(one.a, {one.a}) | group_of.get(one.b, {one.b})
        for member in joined:
            group_of[member] = joined
    return list({id(group): group for group in group_of.values()}.values())


def speed(count: int) -> dict[str, Any]:
    """Seconds for a directory of made-up firms and its candidates, milliseconds for one typed name."""
    entries = list(_made_up(count))
    began = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = Index(entries)
    built = time.process_time()
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    pairs = index.candidates()
    paired = time.process_time()
    found = index.proposals()
    proposed = time.process_time()
    choice = random.Random(7)
    took: list[float] = []
    first = 0
    for entry in choice.sample(entries, 500):
        typed = _slip(entry.name, choice)
        start = time.process_time()
        suggested = index.suggest(typed)
        took.append((time.process_time() - start) * 1000)
        first += any(one.entry.id == entry.id for one in suggested)
    took.sort()
    return {
        "names": len(entries),
        "build_cpu_s": round(built - began, 2),
        "candidates_cpu_s": round(paired - built, 2),
        "candidates": len(pairs),
        "compare_all_candidates_cpu_s": round(proposed - paired - (paired - built), 2),
        "proposed": len(found),
        "memory_mb": round(size / 1024, 1),
        "suggest_ms": {"median": round(took[250], 2), "p95": round(took[475], 2), "slowest": round(took[-1], 2)},
        "suggest_finds_misprinted": round(first / 500, 3),
    }


def _made_up(count: int) -> Iterator[Entry]:
    choice = random.Random(1)
    for number in range(count):
        place = choice.choice(PLACES)
        core = (
            choice.choice(FIRST)
            + choice.choice(SECOND)
            + choice.choice(("", choice.choice(SECOND)))
            + choice.choice(TRADE)
        )
        marker = choice.choice(("", "", "", "市" if place != "湖北" else "省"))
        name = choice.choice((f"{place}{marker}{core}", f"{place}{marker}{core}", f"{core}（{place}）", core))
        yield Entry(f"{number:06}", name + choice.choices(FORMS, (70, 10, 15, 5))[0])


def _slip(name: str, choice: random.Random) -> str:
    """The name with one character left out, twice or exchanged, or only its first two thirds."""
    at = choice.randrange(2, len(name) - 4)
    return choice.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + "琪" + name[at + 1 :],
            name[: len(name) * 2 // 3],
        )
    )


if __name__ == "__main__":
    sys.exit(main())
