"""Import of 20,000 fictional needs from an Excel file, while a second user writes needs. Prints JSON.

    .venv/bin/python benchmarks/import_needs.py [--needs 20000] [--seed 7]

Works in a data folder of its own, which it removes. Targets: 90 s, 500 MB, nobody else delayed by more than 100 ms.
`longest_write_ms` is the slowest of the second user's writes during the import (that connection's own clock, the user
being a second process), `longest_write_alone_ms` the slowest of as many seconds without an import.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HEADERS = (
    "编号", "技术需求名称", "需求方", "关键词", "主要问题", "预期目标", "揭榜条件", "知识产权归属", "科技活动类型", "解决方式",
    "拟投入资金总额(万元)", "截止日期", "完成时限", "指标1名称", "指标1比较", "指标1数值", "指标1单位", "指标1测试方法", "指标2",
)  # fmt: skip
THINGS = (
    "碳化硅外延片",
    "薄膜铌酸锂调制器",
    "高温合金叶片",
    "钠离子电池正极",
    "工业机器人减速器",
    "光纤预制棒",
    "北斗授时芯片",
    "人形机器人关节",
)
TROUBLES = ("缺陷密度偏高", "良率不稳定", "寿命达不到要求", "依赖进口设备", "能耗过大", "一致性差")
SENTENCES = (
    "现有工艺在量产条件下波动较大，批次之间的差异超过客户的允许范围。",
    "已经试过调整温度曲线和更换前驱体两种办法，效果都不能重复。",
    "每年因此报废的产品折合人民币数百万元，并影响对下游客户的交付。",
    "希望在不更换主设备的前提下解决，方案应当能在现有产线上验证。",
    "国内尚无成熟的替代方案，关键检测手段也需要一并考虑。",
    "目前的测量依靠抽检，缺少在线监测，问题发现得太晚。",
)


def workbook(path: Path, count: int, seed: int) -> None:
    """A table of fictional needs of 400 fictional companies."""
    import xlsxwriter

    chance = random.Random(seed)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet("需求")
        page.write_row(0, 0, HEADERS)
        for number in range(1, count + 1):
            thing, trouble = chance.choice(THINGS), chance.choice(TROUBLES)
            page.write_row(
                number,
                0,
                (
                    f"N{number:06d}", f"{thing}{trouble}的解决技术（{number}号）", f"示范企业{chance.randrange(400):03d}有限公司",
                    f"{thing}，{trouble}", "".join(chance.choices(SENTENCES, k=6)), "".join(chance.choices(SENTENCES, k=3)),
                    chance.choice(SENTENCES), chance.choice(("双方共有", "归需求方", "按协议约定")),
                    chance.choice(("应用研究", "试验发展")), chance.choice(("合作研发", "委托研发")),
                    chance.randrange(1, 3_000) / 2, f"2027-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
                    f"2029.{chance.randrange(1, 13):02d}", "缺陷密度", "≤", chance.randrange(1, 100) / 10, "个/cm²", "光学检测",
                    f"良率 ≥ {chance.randrange(80, 100)}%; 连续三批统计",
                ),
            )  # fmt: skip


def _prepare(data: Path) -> None:
    os.environ["JIANDAO_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "jiandao.web.settings"
    import django

    django.setup()


def second_user(data: Path, ready: Any, stop: Any, results: Any) -> None:
    """Writes a need (as the editor does) again and again and keeps how long each took."""
    _prepare(data)
    from jiandao.kernel.accounts.actor import load_actor
    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.programme import Programme, in_programme
    from jiandao.stages.exchange import actions
    from jiandao.stages.people.models import Organisation

    actor = load_actor(Account.objects.get(username="writer"))
    took: list[float] = []
    with in_programme(Programme.objects.get(slug="benchmark")) as programme:
        organisation = Organisation.objects.get(name="示范企业000有限公司")
        values = {"organisation": organisation, "title": "另一位用户正在写的需求", "problem": SENTENCES[0] * 3}
        actions.create_need(actor=actor, programme=programme, values=values)  # warm
        ready.set()
        while not stop.is_set():
            began = time.perf_counter()
            need = actions.create_need(actor=actor, programme=programme, values=values)
            actions.edit_need(actor=actor, need=need, expected_version=1, values={"problem": SENTENCES[1]})
            took.append((time.perf_counter() - began) / 2)
            time.sleep(0.02)
    results.put((max(took), sorted(took)[len(took) * 99 // 100], len(took)))


def _write_alone(data: Path, seconds: float) -> tuple[float, float, int]:
    return _during(data, lambda: time.sleep(seconds))[1]


def _during(data: Path, work: Any) -> tuple[Any, tuple[float, float, int]]:
    context = multiprocessing.get_context("spawn")
    ready, stop, results = context.Event(), context.Event(), context.Queue()
    user = context.Process(target=second_user, args=(data, ready, stop, results))
    user.start()
    ready.wait(60)
    try:
        value = work()
    finally:
        stop.set()
    figures = results.get(timeout=60)
    user.join(60)
    return value, figures


def importer(data: Path, path: Path, results: Any) -> None:
    """Uploads, checks and imports in a process of its own, so that its memory is its own."""
    _prepare(data)
    from jiandao.kernel.accounts.actor import load_actor
    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.programme import Programme, in_programme
    from jiandao.stages.exchange.importing import actions

    actor = load_actor(Account.objects.get(username="officer"))
    with in_programme(Programme.objects.get(slug="benchmark")) as programme:
        began, cpu = time.perf_counter(), time.process_time()
        with path.open("rb") as file:
            batch = actions.upload(actor=actor, programme=programme, kind="needs", name=path.name, pieces=file)
        uploaded = time.perf_counter()
        dry = actions.check(actor=actor, batch=batch, job=actions.Unwatched())
        checked = time.perf_counter()
        actions.claim(batch)
        report = actions.run(actor=actor, batch=batch, job=actions.Unwatched())
        ended = time.perf_counter()
    assert dry.faulty == report.faulty == 0, report.shown[:3]
    results.put(
        {
            "imported": report.new,
            "seconds": round(ended - checked + uploaded - began, 2),  # upload and import: what a command does
            "check_seconds": round(checked - uploaded, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )


def _import(data: Path, path: Path) -> Any:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=importer, args=(data, path, results))
    process.start()
    figures = results.get(timeout=600)
    process.join(60)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jiandao-benchmark-") as folder:
        data = Path(folder) / "data"
        os.environ["JIANDAO_DATA"] = str(data)
        from jiandao.kernel.database.server import Server

        server = Server(data)
        server.ensure_running()
        try:
            print(json.dumps(_measure(data, Path(folder) / "需求.xlsx", args), ensure_ascii=False))
        finally:
            server.stop()
    return 0


def _measure(data: Path, path: Path, args: argparse.Namespace) -> dict[str, Any]:
    import subprocess

    subprocess.run([sys.executable, "-m", "jiandao.cli", "migrate", "--quiet"], check=True)
    workbook(path, args.needs, args.seed)
    _prepare(data)
    from django.db import connections

    from jiandao.kernel.accounts import granting
    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.accounts.roles import Role, Scope
    from jiandao.kernel.programme import Programme
    from jiandao.stages.people.models import Organisation

    programme = Programme.objects.create(slug="benchmark", name_zh="测量", name_en="Benchmark")
    organisation = Organisation.objects.create(name="示范企业000有限公司", organisation_kind="enterprise")
    officer, writer = (Account.objects.create_user(name) for name in ("officer", "writer"))
    granting.grant(account=officer, role=Role.PROGRAMME_OFFICER, scope=Scope.PROGRAMME, scope_id=programme.pk, by=None)
    granting.grant(account=writer, role=Role.NEED_OWNER, scope=Scope.ORGANISATION, scope_id=organisation.pk, by=None)
    connections.close_all()
    alone = _write_alone(data, 10)
    figures, beside = _during(data, lambda: _import(data, path))
    return {
        "needs": args.needs,
        "file_mb": round(path.stat().st_size / 1e6, 2),
        **figures,
        "longest_write_ms": round(beside[0] * 1000, 1),
        "p99_write_ms": round(beside[1] * 1000, 1),
        "writes": beside[2],
        "longest_write_alone_ms": round(alone[0] * 1000, 1),
        "p99_write_alone_ms": round(alone[1] * 1000, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
