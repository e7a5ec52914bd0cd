"""Plans of national size: makes the file, runs the command as a whole, and prints JSON, one object a size.

    python benchmarks/portfolio/national.py [--sizes 10000 100000 1000000 10000000] [--seed 7] [--folder DIR] [-- OPTIONS …]

What stands after -- goes to `jiandao portfolio`. Above 100,000 a plan is repeated from one of 100,000 projects with other names
and values, so that its file can be made without the memory that it takes. `processor` (seconds), `memory_mib`: of the
whole process, reading and writing included; `exit`: 0 a decision, 2 refused, 4 not ended in time.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from instances import made

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commands import run

_BLOCK = 100_000


def write(path: Path, count: int, seed: int) -> None:
    """A plan file; above 100,000 projects in blocks, each with the relays and exclusions of its own."""
    if count <= _BLOCK:
        path.write_text(json.dumps(made(count, seed)), encoding="utf-8")
        return
    plan, blocks = made(_BLOCK, seed), count // _BLOCK
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        budgets = {year: amount * blocks for year, amount in plan["budgets"].items()}
        rest = {"budgets": budgets, "states": plan["states"], "delay_discount": plan["delay_discount"]}
        file.write(json.dumps(rest)[:-1] + ', "projects": [')
        for block in range(blocks):
            for number, project in enumerate(plan["projects"]):
                one = {**project, "id": f"b{block}{project['id']}"}
                one["value"] = round(project["value"] * draw.lognormvariate(0, 0.2), 1)
                if "requires" in one:
                    one["requires"] = [f"b{block}{name}" for name in one["requires"]]
                file.write(("," if block or number else "") + json.dumps(one))
        file.write('], "rules": [')
        for block in range(blocks):
            for number, rule in enumerate(plan["rules"]):
                if "projects" in rule:
                    one = {**rule, "projects": [f"b{block}{name}" for name in rule["projects"]]}
                elif block:
                    continue
                else:
                    one = {**rule, "amount": rule["amount"] * blocks} if "amount" in rule else rule
                file.write(("," if block or number else "") + json.dumps(one))
        file.write("]}")


def measure(path: Path, count: int, seed: int, options: list[str]) -> dict[str, Any]:
    write(path, count, seed)
    out = path.with_name("decision.json")
    out.unlink(missing_ok=True)
    result = run(["portfolio", "--plan", str(path), "--out", str(out), *options])
    head: dict[str, Any] = {}
    if result["exit"] == 0:
        with out.open(encoding="utf-8") as file:  # the first lines say how good it is
            for line in (next(file) for _ in range(6)):
                name, _, value = line.strip().rstrip(",").partition(": ")
                if name in {'"status"', '"value"', '"bound"', '"gap"'}:
                    head[name.strip('"')] = json.loads(value)
    return {
        "projects": count,
        "file_mib": round(path.stat().st_size / 2**20),
        **result,
        "decision_mib": round(out.stat().st_size / 2**20) if out.exists() else None,
        **head,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the files are made (default: a temporary folder)")
    parser.add_argument("options", nargs="*", help="options of jiandao portfolio, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for size in args.sizes:
            print(json.dumps(measure(Path(folder) / "plan.json", size, args.seed, args.options), indent=1), flush=True)


if __name__ == "__main__":
    main()
