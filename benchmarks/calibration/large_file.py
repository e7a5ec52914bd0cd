"""The whole command on a large CSV file: 1,000,000 reviews of 200,000 proposals by 20,000 experts.

python benchmarks/calibration/large_file.py [--proposals 200000] [--experts 20000]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from jiandao import cli


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proposals", type=int, default=200_000)
    parser.add_argument("--experts", type=int, default=20_000)
    args = parser.parse_args()
    random = np.random.default_rng(7)
    lean, quality = random.normal(0, 0.6, args.experts), random.normal(0, 0.8, args.proposals)
    rows = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "reviews.csv").open("w", encoding="utf-8") as file:
            file.write("proposal,expert,score\n")
            for p in range(args.proposals):
                for e in np.unique(random.integers(0, args.experts, 5)).tolist():
                    rows += 1
                    file.write(f"P{p:06d},E{e:05d},{6 + quality[p] + lean[e] + 0.7 * random.normal():.2f}\n")
        words = ["calibrate", "--reviews", str(folder / "reviews.csv"), "--out", str(folder / "out.csv"), "--quiet"]
        status = cli.main([*words, "--report", str(folder / "report.json")])
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    result = {
        "task": "large file",
        "rows": rows,
        "exit": status,
        "sweeps": report["sweeps"],
        "error_in_deviations": report["error_in_deviations"],
        "seconds": report["run"]["seconds"],
        "memory_mib": report["run"]["machine"]["memory_mib"],
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
