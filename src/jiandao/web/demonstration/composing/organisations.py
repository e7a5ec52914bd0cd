"""Fictional organisations of Hubei's 17 prefectures: brands of rarely joined characters, credit codes of no real region."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from jiandao.kernel.identifiers import CREDIT_CODE_ALPHABET, organisation_code_check
from jiandao.web.demonstration.composing.blocks import fields
from jiandao.web.demonstration.composing.plan import Plan, chance, pick, spread

_HEADS = "澜砺珩昱霁岑翊沅泓钧骁溯湛铄旻烁屹峤珞峻槿栩漪璟缙谧彧琰晔翀阆邺郢漳沔溳澧淯浠蕲"
_TAILS = "岫朔弦川恒序衡枢纬砚策帆砥曜镝岚汀芮筑桓堃弈榷骐骞崚嵘澍湜淳棣楷桢槐檀樾榕杉柘枞"
_BRANDS = len(_HEADS) * len(_TAILS)

# Code of GB/T 2260, name in organisations' names, weight: half of the technology firms sit in the capital.
_PLACES = (
    ("4201", "武汉", 46), ("4206", "襄阳", 10), ("4205", "宜昌", 10), ("4202", "黄石", 5), ("4210", "荆州", 5),
    ("4208", "荆门", 4), ("4209", "孝感", 4), ("4203", "十堰", 4), ("4211", "黄冈", 3), ("4207", "鄂州", 3),
    ("4212", "咸宁", 2), ("4213", "随州", 2), ("429004", "仙桃", 1), ("429005", "潜江", 1), ("429006", "天门", 1),
    ("4228", "恩施", 1), ("429021", "神农架", 1),
)  # fmt: skip
_LOTS = tuple(place for place in _PLACES for _ in range(place[2]))

# Per kind: two halves of the name behind the brand, and the first two characters of its credit code.
_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "university": (
        ("理工", "科技", "工业", "工程", "信息工程", "医科"), ("大学", "学院", "职业技术学院", "职业技术大学"), "12",
    ),
    "institute": (
        ("光电", "先进材料", "智能制造", "精密测量", "电子信息", "量子"),
        ("技术研究院", "研究所", "工程技术研究中心", "技术创新中心"),
        "12",
    ),
    "hospital": (("中心", "人民", "中医", "胸科", "肿瘤", "康复"), ("医院", "医院东院", "医院南院", "医院新院区"), "12"),
    "government": (
        ("新区", "工业园区", "高新区", "开发区", "试验区", "示范区"),
        ("经济发展局", "科技创新局", "产业促进局", "管理委员会"),
        "11",
    ),
    "investor": (
        ("创业投资", "股权投资", "产业投资", "科技投资", "天使投资", "成果转化投资"),
        ("有限公司", "管理有限公司", "合伙企业（有限合伙）", "基金管理有限公司"),
        "91",
    ),
    "service": (
        ("知识产权", "检验检测", "技术转移", "标准认证", "科技咨询", "工程设计"),
        ("服务有限公司", "有限公司", "服务中心", "事务所"),
        "91",
    ),
    "other": (("光电", "新材料", "装备", "软件", "仪器", "半导体"), ("行业协会", "学会", "产业联盟", "促进会"), "51"),
}  # fmt: skip
UNIVERSITIES = range(12)
HOSTS = range(24)  # universities, then institutes: the houses that most results come from
_FIRST: tuple[str, ...] = (
    ("university",) * 12 + ("institute",) * 12 + ("hospital",) * 6 + ("government",) * 4 + ("investor",) * 3
)
_FIRST += ("service",) * 3
_TITLES = ("有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司")
_FIRST_DAY = datetime.date(2009, 3, 2)


@dataclass(frozen=True)
class FurtherName:
    """`name_kind` is that of people's NameKind: former, short, spelling."""

    name: str
    name_kind: str


@dataclass(frozen=True)
class Tie:
    """This organisation hangs on `parent` (its index); `tie_kind` is that of people's TieKind."""

    parent: int
    tie_kind: str
    since: datetime.date


@dataclass(frozen=True)
class CertificateText:
    """`certificate_kind` is that of people's CertificateKind."""

    certificate_kind: str
    name: str
    number: str
    issued: datetime.date
    expires: datetime.date


@dataclass(frozen=True)
class OrganisationText:
    """An organisation. `same_as` is the hidden truth of a planted second spelling: the index of what it really is."""

    index: int
    name: str
    kind: str
    credit_code: str  # empty for a planted second spelling
    prefecture: str
    clusters: tuple[str, ...]
    field: int | None  # place in fields(), for enterprises
    names: tuple[FurtherName, ...]
    tie: Tie | None
    certificates: tuple[CertificateText, ...]
    same_as: int | None


def organisations(plan: Plan, start: int = 0, stop: int | None = None) -> Iterator[OrganisationText]:
    """The organisations of that slice."""
    for index in range(start, plan.organisations if stop is None else min(stop, plan.organisations)):
        yield organisation(plan, index)


def organisation(plan: Plan, index: int) -> OrganisationText:
    """The organisation of that index."""
    draw = chance(plan.seed, "organisation", index)
    kind = kind_of(index)
    prefecture, place, _ = _place(plan.seed, index)
    same_as = index - 1 if _is_twin(index) else None
    tie = None if same_as is not None else _tie(plan.seed, index)
    name = name_of(plan.seed, index)
    field = field_of(plan.seed, index) if kind == "enterprise" else None
    if field is not None:
        clusters = fields()[field].clusters[: 1 + (draw.random() < 0.3)]
    else:
        clusters = pick(draw, fields()).clusters[:1] if kind in {"institute", "investor", "service"} else ()
    further: list[FurtherName] = []
    if index % 33 == 12:
        former = f"{place}{brand_of(plan.seed, index)}{pick(draw, ('实业', '工贸', '电子器材', '机电'))}有限公司"
        further.append(FurtherName(former, "former"))
    if index % 33 == 19:
        further.append(FurtherName(other_spelling(name, place), "spelling"))
    if index % 33 == 26:
        further.append(FurtherName(f"{brand_of(plan.seed, index)}{_short(kind)}", "short"))
    return OrganisationText(
        index=index,
        name=name,
        kind=kind,
        credit_code="" if same_as is not None else credit_code(index, kind),
        prefecture=prefecture,
        clusters=clusters,
        field=field,
        names=tuple(further),
        tie=tie,
        certificates=_certificates(plan.seed, index) if kind == "enterprise" and same_as is None else (),
        same_as=same_as,
    )


def kind_of(index: int) -> str:
    """The kind is a matter of the index alone, so that others can ask for a university or a firm."""
    if index < len(_FIRST):
        return _FIRST[index]
    if _is_twin(index):
        return kind_of(index - 1)
    if _tie_kind(index) == "hosted":
        return "institute"
    if _tie_kind(index):
        return "enterprise"
    turn = index % 100
    for least, kind in ((14, "enterprise"), (11, "service"), (8, "investor"), (6, "government"), (4, "hospital")):
        if turn >= least:
            return kind
    if turn >= 1:
        return "institute"
    return "university" if index % 400 == 0 else "other"


def field_of(seed: int, index: int) -> int:
    """The field of an enterprise, by its trade."""
    return (spread(index, _BRANDS * _trades(), seed) // _BRANDS) % len(fields())


def name_of(seed: int, index: int) -> str:
    """The registered name, or the second spelling."""
    place = _place(seed, index)[1]
    if _is_twin(index):
        return other_spelling(name_of(seed, index - 1), _place(seed, index - 1)[1])
    tied = _tie(seed, index)
    if tied and tied.tie_kind == "branch":
        return f"{name_of(seed, tied.parent)}{place}分公司"
    if tied and tied.tie_kind == "hosted":
        return f"{name_of(seed, tied.parent)}{_trade(seed, index)}{brand_of(seed, index)}联合实验室"
    if tied:
        return f"{brand_of(seed, tied.parent)}{brand_of(seed, index)}{_trade(seed, index)}（{place}）有限公司"
    kind = kind_of(index)
    brand = brand_of(seed, index)
    if kind == "enterprise":
        return f"{place}{brand}{_trade(seed, index)}{_TITLES[index % len(_TITLES)]}"
    first, second, _ = _KINDS[kind]
    tail = spread(index, _BRANDS * 24, seed) // _BRANDS
    start = brand if kind in {"university", "institute"} else f"{place}{brand}"
    return f"{start}{first[tail % len(first)]}{second[tail // len(first)]}"


def brand_of(seed: int, index: int) -> str:
    """Two characters that stand for nobody."""
    total = _BRANDS * (_trades() if kind_of(index) == "enterprise" else 24)
    number = spread(index, total, seed) % _BRANDS
    return f"{_HEADS[number % len(_HEADS)]}{_TAILS[number // len(_HEADS)]}"


def other_spelling(name: str, place: str) -> str:
    """The same name as another clerk types it."""
    if "（" in name:
        return name.replace("（", "(").replace("）", ")")
    if name.startswith(place) and name.endswith("有限公司"):
        return f"{name[len(place) :].removesuffix('有限公司')}（{place}）有限公司"
    if name.endswith("有限责任公司"):
        return f"{name.removesuffix('有限责任公司')}有限公司"
    return f"湖北省{name}" if not name.startswith("湖北") else name.removeprefix("湖北")


def credit_code(index: int, kind: str) -> str:
    """Formally valid and certainly fictional: region 429900 was never given out."""
    authority = "91" if kind == "enterprise" else _KINDS[kind][2]
    body = f"MAX{index:05d}"
    code = f"{authority}429900{body}{organisation_code_check(body)}"
    total = sum(CREDIT_CODE_ALPHABET.index(one) * pow(3, place, 31) for place, one in enumerate(code))
    return code + CREDIT_CODE_ALPHABET[-total % 31]


def _trades() -> int:
    return len(fields()) * 4


def _trade(seed: int, index: int) -> str:
    number = spread(index, _BRANDS * _trades(), seed) // _BRANDS
    return fields()[number % len(fields())].trades[number // len(fields())]


def _place(seed: int, index: int) -> tuple[str, str, int]:
    return pick(chance(seed, "place", index), _LOTS)


def _is_twin(index: int) -> bool:
    return index > len(_FIRST) and index % 33 == 6


def _tie_kind(index: int) -> str:
    if index <= len(_FIRST) or index % 10 != 7 or _is_twin(index):
        return ""
    return ("subsidiary", "branch", "hosted", "subsidiary")[index // 10 % 4]


def _tie(seed: int, index: int) -> Tie | None:
    kind = _tie_kind(index)
    if not kind:
        return None
    draw = chance(seed, "tie", index)
    since = _FIRST_DAY + datetime.timedelta(days=int(draw.random() * 5_500))
    if kind == "hosted":
        return Tie(pick(draw, UNIVERSITIES), kind, since)
    # The nearest free-standing firm before it: none of them is tied or a second spelling itself.
    parent = index - 1
    while parent > 0 and (kind_of(parent) != "enterprise" or _tie_kind(parent) or _is_twin(parent)):
        parent -= 1
    return Tie(parent, kind, since) if parent else None


def _short(kind: str) -> str:
    return {"enterprise": "科技", "university": "大学", "hospital": "医院", "government": "管委会"}.get(kind, "中心")


def _certificates(seed: int, index: int) -> tuple[CertificateText, ...]:
    draw = chance(seed, "certificate", index)
    found = []
    for kind, name, share, years in (
        ("high-tech", "高新技术企业证书", 0.35, 3),
        ("specialised", "专精特新中小企业证书", 0.18, 3),
        ("quality", "质量管理体系认证证书", 0.30, 3),
        ("science-sme", "科技型中小企业入库登记", 0.25, 1),
    ):
        if draw.random() < share:
            issued = datetime.date(2022 + int(draw.random() * 4), 1 + int(draw.random() * 12), 15)
            number = f"YS{issued:%Y}42{index:06d}"
            found.append(CertificateText(kind, name, number, issued, issued.replace(year=issued.year + years)))
    return tuple(found)
