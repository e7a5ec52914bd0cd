"""Real needs against real results: the five best of every need with reasons, and where the true answers stand.

    .venv/bin/python benchmarks/real_needs.py > real_needs.json

The needs, and twenty results with three true answers, are tables typed by hand (`tests/stages/exchange/data`). The other
results are the abstracts and award titles of the real data, which the project does not carry: 26,000 records that answer
something else. Everything goes in as a user would bring it in: files, a mapping, an import, the match index.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "tests" / "stages" / "exchange" / "data"
ANSWERS = {"13-01": "13-A1", "13-02": "13-A2", "13-03": "13-A3"}
LOOKED_AT = 1_000  # ranks; an answer behind them is not found
ABSTRACTS = {"id": "id", "title": "title", "abstract": "text", "keywords": "keywords"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=given, help="the folder of real data")
    parser.add_argument("--top", type=int, default=5)
    args = parser.parse_args()
    if not (args.data / "matching" / "csl").is_dir():
        parser.error(f"{args.data}: there is no real data; name its folder with --data or JIANDAO_SHARED_DATA")
    with tempfile.TemporaryDirectory(prefix="jiandao-benchmark-") as folder:
        data = Path(folder) / "data"
        os.environ["JIANDAO_DATA"] = str(data)
        from jiandao.kernel.database.server import Server

        server = Server(data)
        server.ensure_running()
        try:
            print(json.dumps(_measure(args), ensure_ascii=False, indent=1))
        finally:
            server.stop()
    return 0


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    import subprocess

    subprocess.run([sys.executable, "-m", "jiandao.cli", "migrate", "--quiet"], check=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "jiandao.web.settings"
    import django

    django.setup()
    from jiandao.kernel.accounts import granting
    from jiandao.kernel.accounts.actor import load_actor
    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.accounts.roles import Role, Scope
    from jiandao.kernel.programme import Programme, in_programme
    from jiandao.kernel.search.follower import follow

    programme = Programme.objects.create(slug="benchmark", name_zh="测量", name_en="Benchmark")
    account = Account.objects.create_user("officer")
    granting.grant(account=account, role=Role.PROGRAMME_OFFICER, scope=Scope.PROGRAMME, scope_id=programme.pk, by=None)
    officer = load_actor(account)
    csl = args.data / "matching" / "csl"
    files: list[tuple[str, Path, dict[str, str] | None]] = [
        ("needs", TABLES / "real_needs.csv", None),
        ("results", TABLES / "real_results.csv", None),
        ("results", csl / "csl_dev.jsonl", ABSTRACTS),
        ("results", csl / "csldcp_distractors.jsonl", {"id": "id", "abstract": "text"}),
        ("results", csl / "cslkw_distractors.jsonl", {"id": "id", "abstract": "text"}),
        ("results", args.data / "programmes" / "nsfc_management_projects_zh.csv", None),
    ]
    with in_programme(programme):
        imports = [_import(officer, programme, kind, path, columns) for kind, path, columns in files]
        began = time.perf_counter()
        follow()
        indexed = time.perf_counter() - began
        found = _answers(officer, args.top)
    return {"imports": imports, "index_seconds": round(indexed, 1), **found}


def _import(officer: Any, programme: Any, kind: str, path: Path, columns: dict[str, str] | None) -> dict[str, Any]:
    from jiandao.stages.exchange.importing import actions
    from jiandao.stages.exchange.importing.mapping import Mapping
    from jiandao.stages.exchange.importing.options import GOOD, Options

    began = time.perf_counter()
    with path.open("rb") as file:
        batch = actions.upload(actor=officer, programme=programme, kind=kind, name=path.name, pieces=file)
    proposed = Mapping.from_json(batch.mapping)
    mapping = replace(
        proposed, columns=columns or proposed.columns, constants={"organisation": "未列出的单位"},
        title_from_text=bool(columns) or proposed.title_from_text,
    )  # fmt: skip
    options = Options(path.stem, state="published", mode=GOOD, as_they_are=True)
    batch = actions.prepare(actor=officer, batch=batch, mapping=mapping, options=options)
    actions.claim(batch)
    report = actions.run(actor=officer, batch=batch, job=actions.Unwatched())
    codes: dict[str, int] = {}
    for fault in actions.faults_of_batch(batch).read():
        codes[fault.code] = codes.get(fault.code, 0) + 1
    return {
        "file": path.name,
        "kind": kind,
        "new": report.new,
        "faulty": report.faulty,
        "faults": codes,
        "seconds": round(time.perf_counter() - began, 1),
    }


def _answers(officer: Any, top: int) -> dict[str, Any]:
    from jiandao.stages.exchange.matching import results_for
    from jiandao.stages.exchange.models import Need

    needs, gold, took = [], [], []
    for need in Need.objects.select_related("organisation", "programme").order_by("id"):
        began = time.perf_counter()
        best = results_for(officer, need, top)
        took.append(time.perf_counter() - began)
        needs.append({"id": need.source_id, "need": need.title, "top": [_said(one) for one in best]})
        answer = ANSWERS.get(need.source_id)
        if answer:
            ranked = [one.record.source_id for one in results_for(officer, need, LOOKED_AT)]
            rank = ranked.index(answer) + 1 if answer in ranked else None
            gold.append({"need": need.title, "answer": answer, "rank": rank, "of": LOOKED_AT})
    slowest = round(max(took) * 1000, 1)
    return {
        "gold": gold,
        "median_ms": round(sorted(took)[len(took) // 2] * 1000, 1),
        "slowest_ms": slowest,
        "needs": needs,
    }


def _said(found: Any) -> dict[str, Any]:
    reasons = found.match.reasons
    return {
        "title": found.record.title,
        "source": f"{found.record.source}:{found.record.source_id}",
        "score": round(found.match.score, 3),
        "terms": {one.term: round(one.share, 3) for one in reasons.terms[:6]} if reasons else {},
    }


if __name__ == "__main__":
    sys.exit(main())
