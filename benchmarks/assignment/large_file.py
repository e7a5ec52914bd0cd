"""The whole command on a large CSV file: 2,500 proposals by 4,000 experts, 10,000,000 rows.

python benchmarks/assignment/large_file.py [--proposals 2500] [--experts 4000] [-- --objective fair]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from timing import show

from jiandao import cli


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proposals", type=int, default=2500)
    parser.add_argument("--experts", type=int, default=4000)
    parser.add_argument("--each", type=int, help="experts of each proposal (default: all)")
    parser.add_argument("--max-load", default="3")
    parser.add_argument("more", nargs="*", help="further words of the command")
    args = parser.parse_args()
    random = np.random.default_rng(7)
    rows = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "scores.csv").open("w", encoding="utf-8") as file:
            for p in range(args.proposals):
                who = range(args.experts)
                if args.each:
                    who = np.unique(random.integers(0, args.experts, args.each)).tolist()
                rows += len(who)
                scores = random.random(len(who)).tolist()
                file.write("".join(f"P{p:05d},E{e:05d},{score:.4f}\n" for e, score in zip(who, scores, strict=True)))
        words = ["assign", "--scores", str(folder / "scores.csv"), "--panel-size", "3", "--max-load", args.max_load]
        words += ["--quiet", *args.more]
        status = cli.main([*words, "--out", str(folder / "out.csv"), "--report", str(folder / "report.json")])
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return show(
        {
            "task": "large file",
            "more": args.more,
            "rows": rows,
            "exit": status,
            "status": report["status"],
            "total": report["total"],
            "seconds": report["run"]["seconds"],
            "memory_mib": report["run"]["machine"]["memory_mib"],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
