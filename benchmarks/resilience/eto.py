"""The ETO supply chain of advanced logic chips: rows lost, seconds, and what remains when each country stops.

    python benchmarks/resilience/eto.py [--picture docs/developer/resilience.svg] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with engines/eto). Source: Emerging Technology Observatory, Advanced Semiconductor
Supply Chain Dataset, CC BY-NC 4.0; the files are not part of this project. CPU seconds of this process, best of three.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from jiandao.engines.files import Faults
from jiandao.engines.resilience import Plan, concentration, single_points, stops
from jiandao.engines.resilience.reading import read
from jiandao.engines.resilience.stops import every_country


def picture(cases: list[tuple[str, float]], chokes: dict[str, int]) -> str:
    """Bars of what remains of the final product, beside the choke points that each country leads, as SVG."""
    height, top = 22, 62
    rows = []
    for place, (country, left) in enumerate(cases):
        y = top + place * height
        count = chokes.get(country, 0)
        rows.append(
            f'<text x="52" y="{y + 13}" text-anchor="end">{country}</text>'
            f'<rect x="60" y="{y}" width="300" height="16" fill="#e6ebf1"/>'
            f'<rect x="60" y="{y}" width="{300 * left:.1f}" height="16" fill="#14508c"/>'
            f'<text x="366" y="{y + 13}">{left * 100:.0f} %</text>'
            f'<rect x="440" y="{y}" width="{count * 5}" height="16" fill="#7a8ca3"/>'
            f'<text x="{446 + count * 5}" y="{y + 13}">{count or ""}</text>'
        )
    total = top + len(cases) * height + 28
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {total}" font-family="sans-serif" font-size="12">'
        f'<rect width="660" height="{total}" fill="#fff"/>'
        '<text x="10" y="22" font-size="15">Finished logic chips when one country stops</text>'
        '<text x="60" y="50">what remains at most</text><text x="440" y="50">choke points that it leads</text>'
        f"{''.join(rows)}"
        f'<text x="10" y="{total - 8}" font-size="10" fill="#555">Computed from the ETO Advanced Semiconductor Supply Chain'
        " Dataset (CC BY-NC 4.0); all-of and any-of links; home country CHN.</text></svg>\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    folder = Path(os.environ.get("JIANDAO_SHARED_DATA") or "absent") / "engines" / "eto"
    if not folder.is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/eto.", file=sys.stderr)
        return 2
    seconds = []
    for _ in range(3):
        started = time.process_time()
        network, loaded = read(folder, Faults())
        read_in = time.process_time()
        plan = Plan(network.size, network.links)
        measures = concentration(network)
        countries = every_country(network).tolist()
        found = stops(network, [(name,) for name in countries], plan=plan)
        points = single_points(network, plan=plan)
        seconds.append((read_in - started, time.process_time() - read_in))
    assert found is not None
    assert points is not None
    holders = network.countries.holders
    leads: dict[str, int] = {}
    for node in range(network.size):
        if measures.choke[node]:
            leads[holders[measures.top[node]]] = leads.get(holders[measures.top[node]], 0) + 1
    left = sorted(zip(countries, found.remaining[:, 0].tolist(), strict=True), key=lambda one: (one[1], one[0]))
    result: dict[str, Any] = {
        "share_rows": loaded.share_rows,
        "rows_without_share": len(loaded.without_share),
        "rows_lost": loaded.share_rows - loaded.used - len(loaded.without_share),
        "read_cpu_seconds": round(min(one for one, _ in seconds), 3),
        "analyse_cpu_seconds": round(min(one for _, one in seconds), 3),
        "nodes": network.size,
        "rated": int(network.rated().sum()),
        "chokes": int(measures.choke.sum()),
        "chokes_led_by": dict(sorted(leads.items(), key=lambda one: (-one[1], one[0]))),
        "single_points": int((points[0] > 0).sum()),
        "remaining": {country: round(share, 3) for country, share in left},
    }
    text = json.dumps(result, indent=1)
    print(text)
    if args.picture:
        args.picture.write_text(picture(left, leads), encoding="utf-8")
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
