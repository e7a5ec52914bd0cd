"""Credible fictional needs and results, composed from the building blocks of `blocks.tsv` by a seeded choice."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SEED = 20251016

ENTERPRISES = (
    "武汉示例存储科技有限公司", "襄阳示例轴承股份有限公司", "宜昌示例新材料有限公司", "黄石示例特钢有限公司",
    "荆州示例电子化学品有限公司", "鄂州示例激光装备有限公司", "孝感示例北斗导航有限公司", "十堰示例汽车部件有限公司",
    "荆门示例光纤光缆有限公司", "咸宁示例通信设备有限公司", "仙桃示例医疗器械有限公司", "潜江示例光芯片有限公司",
)  # fmt: skip
PREFECTURES = ("4201", "4206", "4205", "4202", "4210", "4207", "4209", "4203", "4208", "4212", "429004", "429005")
INSTITUTES = (
    ("示例光电大学", "university"), ("示例理工大学", "university"), ("示例测绘大学", "university"),
    ("示例钢铁研究院", "institute"), ("示例量子研究所", "institute"), ("示例精密测量院", "institute"),
    ("示例第一附属医院", "hospital"), ("示例激光创新中心", "institute"),
)  # fmt: skip


# The technical field of each block, in the order of the file.
FIELDS = (
    "electronic-information", "electronic-information", "advanced-manufacturing", "biology-medicine",
    "advanced-manufacturing", "electronic-information", "electronic-information", "electronic-information",
    "new-materials", "new-materials", "new-materials", "advanced-manufacturing",
)  # fmt: skip


def field_code(number: int) -> str:
    """The technical field of the need or result of that number."""
    return FIELDS[number % len(FIELDS)]


@dataclass(frozen=True)
class Block:
    """What one field offers to compose from."""

    field: str
    objects: tuple[str, ...]
    problems: tuple[str, ...]
    approaches: tuple[str, ...]
    effects: tuple[str, ...]
    indicators: tuple[tuple[str, ...], ...]
    keywords: tuple[str, ...]


@cache
def blocks() -> tuple[Block, ...]:
    """The building blocks, one a field."""
    text = (files(__package__) / "blocks.tsv").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            field, objects, problems, approaches, effects, indicators, keywords = line.split("\t")
            found.append(
                Block(
                    field,
                    tuple(objects.split("/")),
                    tuple(problems.split("/")),
                    tuple(approaches.split("/")),
                    tuple(effects.split("/")),
                    tuple(tuple(part.strip().rstrip("|").split("|")) for part in indicators.split(";")),
                    tuple(keywords.split("、")),
                )
            )
    return tuple(found)


def needs(count: int) -> Iterator[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
    """(number of the asking enterprise, values, indicators) of `count` needs."""
    chance = random.Random(SEED)  # noqa: S311 - a demonstration, not a draw
    for number in range(count):
        block = blocks()[number % len(blocks())]
        turn = number // len(blocks())
        at = turn % len(block.problems)  # objects, problems and effects of one place belong together
        thing, problem = block.objects[at], block.problems[at]
        chosen = chance.sample(block.indicators, k=chance.choice((2, 3)))
        kind = "关键技术需求" if turn < len(block.problems) else "中试放大与验证需求"
        values = {
            "title": f"{thing}{kind}",
            "problem": f"我公司在{thing}上遇到的问题是:{problem}。已经试过更换供应商和调整工艺参数,效果不能保持。"
            f"现有产线可以提供样品和试验条件。",
            "goal": f"希望在{block.field}方向找到可以在产线上验证的方案,{block.effects[at % len(block.effects)]}。",
            "conditions": "应答方须有同类项目经验和相应检测手段,能派人驻厂验证不少于2个月。",
            "keywords": list(block.keywords),
            "budget_fen": chance.randrange(80, 1500, 10) * 1_000_000,
        }
        # Every fourth is of the enterprise that visitors sign in as: it meets every state on its own list.
        enterprise = 0 if number % 4 == 0 else 1 + number % (len(ENTERPRISES) - 1)
        yield enterprise, values, [_indicator(parts) for parts in chosen]


def _indicator(parts: tuple[str, ...]) -> dict[str, Any]:
    name, comparator, threshold, stretch, unit, test = parts
    return {
        "name": name,
        "comparator": comparator,
        "threshold": threshold,
        "stretch": stretch or None,
        "unit": unit,
        "test_method": test,
    }


def results(count: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of the owning institute, values with `level`) of `count` results."""
    chance = random.Random(SEED + 1)  # noqa: S311 - a demonstration, not a draw
    for number in range(count):
        block = blocks()[number % len(blocks())]
        at = chance.randrange(len(block.objects))
        thing = block.objects[at]
        approach = block.approaches[at % len(block.approaches)]
        effect = block.effects[at % len(block.effects)]
        level = chance.choices(range(3, 9), weights=(4, 5, 4, 3, 2, 1))[0]
        yield (
            number % len(INSTITUTES),
            {
                "title": _title(chance, thing, approach),
                "text": f"针对{thing},课题组提出{approach}的方法,在样机上实现{effect}。"
                f"成果已完成第{chance.randrange(1, 4)}轮试验,形成{chance.randrange(1, 6)}项发明专利申请,"
                f"可提供样品、测试报告和工艺文件。{_gap(chance)}",
                "keywords": [*block.keywords[:2], approach[:12]],
                "authors": f"演示团队{number % 60 + 1}",
                "level": level,
                "evidence": "第三方测试报告(演示)" if level >= 5 else "实验室测试记录(演示)",
                "terms": chance.choice(("transfer", "licence", "joint", "negotiable")),
            },
        )


def _title(chance: random.Random, thing: str, approach: str) -> str:
    quality = chance.choice(
        (
            "",
            "低成本",
            "面向量产的",
            "耐高温",
            "小型化",
            "可重构",
            "高可靠",
            "自适应",
            "车规级",
            "绿色",
            "高通量",
            "免维护",
        )
    )
    pattern = chance.choice(("{q}{a}技术", "{a}及其在{t}中的应用", "{q}{t}:{a}", "基于{a}的{q}{t}"))
    return pattern.format(q=quality, a=approach, t=thing)


def _gap(chance: random.Random) -> str:
    return chance.choice(
        ("尚缺长期可靠性数据。", "尚未在产线上连续运行。", "成本还需要降低三成左右。", "需要合作单位提供验证场景。")
    )
