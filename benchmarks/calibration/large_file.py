"""The whole command on a large CSV file: 1,000,000 reviews of 200,000 proposals by 20,000 experts.

    python benchmarks/calibration/large_file.py [--proposals 200000] [--experts 20000] [--fault none|last|twice|nan|empty]
        [-- --workers 2]

Processor seconds and memory (resident; what processes share is counted in each) are those of all processes, looked up ten
times a second. `correlation`: of the scores with the planted truth, by rank; `inside`: the share of truths in the 90 %
intervals of scores and of ranks. `--fault`: a file with one fault, of which what is said is shown.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata, spearmanr

LINES = 100_000
FAULTS = {
    "none": "",
    "last": "P0000000,E000001,good\n",
    "twice": "",
    "nan": "P0000000,E000001,nan\n",
    "empty": "",
}


def planted(path: Path, proposals: int, experts: int, fault: str) -> tuple[int, Any]:
    """Write the file; (rows, true qualities on the raw scale)."""
    random = np.random.default_rng(7)
    lean, quality = random.normal(0, 0.6, experts), random.normal(0, 0.8, proposals)
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        if fault == "empty":
            return 0, quality
        file.write("proposal,expert,score\n")
        for first in range(0, proposals, LINES):
            row = np.repeat(np.arange(first, min(first + LINES, proposals)), 5)
            key = np.unique(row * experts + random.integers(0, experts, len(row)))
            row, expert = key // experts, key % experts
            score = 6 + quality[row] + lean[expert] + random.normal(0, 0.7, len(row))
            lines = [
                f"P{p:07d},E{e:06d},{s:.2f}\n"
                for p, e, s in zip(row.tolist(), expert.tolist(), score.tolist(), strict=True)
            ]
            file.writelines(lines)
            rows += len(lines)
        file.write(lines[0] if fault == "twice" else FAULTS[fault])
    return rows, quality


class Watched(threading.Thread):
    """Memory and processor time of a process and all that come from it."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.memory, self.spent = root, 0, dict[int, float]()
        self.over = threading.Event()

    def run(self) -> None:
        page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
        family = {self.root}
        while not self.over.wait(0.1):
            memory = 0
            for name in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):
                try:
                    cells = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(name) in family or int(cells[1]) in family:
                    family.add(int(name))
                    memory += int(cells[21]) * page
                    self.spent[int(name)] = (int(cells[11]) + int(cells[12])) / tick
            self.memory = max(self.memory, memory)


def judged(out: Path, quality: Any) -> dict[str, Any]:
    found = np.loadtxt(out, delimiter=",", skiprows=1, usecols=(2, 3, 5, 6))
    true = rankdata(-quality)
    return {
        "correlation": round(float(spearmanr(found[:, 0], quality)[0]), 4),
        "inside": [
            round(float((np.abs(found[:, 0] - 6 - quality) < 1.6449 * found[:, 1]).mean()), 4),
            round(float(((found[:, 2] <= true) & (true <= found[:, 3])).mean()), 4),
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proposals", type=int, default=200_000)
    parser.add_argument("--experts", type=int, default=20_000)
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("more", nargs="*", help="options of the command")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows, quality = planted(folder / "reviews.csv", args.proposals, args.experts, args.fault)
        words = ["calibrate", "--reviews", "reviews.csv", "--out", "out.csv", "--report", "report.json", "--quiet"]
        began = time.monotonic()
        with subprocess.Popen(
            [str(Path(sys.executable).with_name("jiandao")), *words, *args.more],
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            watched = Watched(process.pid)
            watched.start()
            said = process.communicate()[1]
        took = time.monotonic() - began
        watched.over.set()
        watched.join()
        result = {
            "task": "large file",
            "rows": rows,
            "exit": process.returncode,
            "said": said.strip()[:300],
            "seconds": {"wall": round(took, 1), "processor": round(sum(watched.spent.values()), 1)},
            "memory_mib": round(watched.memory / 2**20),
        }
        if process.returncode == 0:
            report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
            result |= {key: report[key] for key in ("chains", "sweeps", "error_in_deviations", "r_hat", "spread")}
            result |= judged(folder / "out.csv", quality)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
