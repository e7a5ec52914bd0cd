"""The whole command on a large network: files of 10,000,000 links, read, 30 stops, measures, report.

    python benchmarks/resilience/large_file.py [--links 10000000] [--kind sound|cycle|mixed|fault|twice] [--folder DIR]
        [--time-limit S]

sound: a layered network of three kinds of links, an eighth as many nodes, four countries of 30 at most for each; cycle: and a
ring of all-of links through all nodes; mixed: a ring of all kinds; fault: the last link leads to no node; twice: every link is
the first one again.
`--folder` keeps the files, and takes them when they are there.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from random_networks import network

from jiandao.engines.resilience import KINDS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commands import run

_AT_ONCE = 100_000


def make(folder: Path, links: int, kind: str) -> None:
    """The three files."""
    folder.mkdir(parents=True, exist_ok=True)
    net = network(links, 3)
    with (folder / "nodes.csv").open("w", encoding="utf-8") as file:
        file.write("id,name,need\n")
        file.writelines(f"{name},part {place},\n" for place, name in enumerate(net.ids))
    held = net.countries
    with (folder / "shares.csv").open("w", encoding="utf-8") as file:
        file.write("node,provider,country,share\n")
        for node, holder, share in zip(held.node.tolist(), held.holder.tolist(), held.share.tolist(), strict=True):
            file.write(f"{net.ids[node]},F{(node * 7 + holder) % 100_000},{held.holders[holder]},{share:.6f}\n")
    with (folder / "links.csv").open("w", encoding="utf-8") as file:
        file.write("from,to,kind,weight\n")
        count = len(net.links.source)
        order = np.random.default_rng(1).permutation(count)
        if kind == "twice":
            order[:] = order[0]
        for first in range(0, count, _AT_ONCE):
            part = order[first : first + _AT_ONCE]
            columns = (net.links.source, net.links.target, net.links.kind, net.links.weight)
            rows = zip(*(column[part].tolist() for column in columns), strict=True)
            file.writelines(f"{net.ids[a]},{net.ids[b]},{KINDS[k]},{weight:g}\n" for a, b, k, weight in rows)
        if kind in {"cycle", "mixed"}:
            start = np.arange(net.size)
            end = (start + 1) % net.size
            new = ~np.isin(start * net.size + end, net.links.source * net.size + net.links.target)
            kinds = np.random.default_rng(2).integers(0, 3 if kind == "mixed" else 1, net.size)
            rows = zip(*(column[new].tolist() for column in (start, end, kinds)), strict=True)
            file.writelines(f"{net.ids[a]},{net.ids[b]},{KINDS[k]},1\n" for a, b, k in rows)
        if kind == "fault":
            file.write(f"{net.ids[0]},nowhere,all-of,\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=10_000_000)
    parser.add_argument("--kind", choices=("sound", "cycle", "mixed", "fault", "twice"), default="sound")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--time-limit", type=float)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        if not (folder / "links.csv").exists():
            make(folder, args.links, args.kind)
        words = ["resilience", "--network", str(folder), "--out", str(Path(name) / "report.json"), "--quiet"]
        result = run([*words, *(["--time-limit", f"{args.time_limit:g}"] if args.time_limit else [])])
        report = Path(name) / "report.json"
        size = report.stat().st_size if report.exists() else None
    print(json.dumps({"links": args.links, "kind": args.kind, **result, "report_bytes": size}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
