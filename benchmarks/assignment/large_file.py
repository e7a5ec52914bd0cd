"""The whole command on a large CSV file: 2,500 proposals by 4,000 experts, 10,000,000 rows.

python benchmarks/assignment/large_file.py [--proposals 2500] [--experts 4000]
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
    args = parser.parse_args()
    random = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "scores.csv").open("w", encoding="utf-8") as file:
            for p in range(args.proposals):
                scores = random.random(args.experts).tolist()
                file.write("".join(f"P{p:05d},E{e:05d},{score:.4f}\n" for e, score in enumerate(scores)))
        words = ["assign", "--scores", str(folder / "scores.csv"), "--panel-size", "3", "--max-load", "3", "--quiet"]
        status = cli.main([*words, "--out", str(folder / "out.csv"), "--report", str(folder / "report.json")])
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return show(
        {
            "task": "large file",
            "rows": args.proposals * args.experts,
            "exit": status,
            "status": report["status"],
            "total": report["total"],
            "seconds": report["run"]["seconds"],
            "memory_mib": report["run"]["machine"]["memory_mib"],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
