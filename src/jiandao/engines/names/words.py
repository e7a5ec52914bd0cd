"""The words of which names of organisations are made: legal forms, kinds, units, abbreviations. Longest first."""

import re
from typing import Literal

Kind = Literal["school", "academy", "hospital", "company", "government", "other"]

# Endings that say under which law a firm stands. What differs in nothing else is one firm.
LEGAL_FORMS = (
    "股份有限责任公司", "有限责任公司", "股份有限公司", "有限公司", "股份公司", "总公司", "公司",
    "(有限合伙)", "(普通合伙)", "有限合伙", "合伙企业",
)  # fmt: skip
GROUP = ("集团", "控股")

_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("company", (*LEGAL_FORMS, "集团", "厂", "分行", "支行", "银行", "股份", "工厂", "合作社", "事务所", "出版社")),
    ("hospital", ("医院", "卫生院", "保健院", "诊所")),
    ("academy", ("科学院", "研究院", "研究所", "研究中心", "科院", "实验室", "所", "研究室", "设计院", "勘测院")),
    ("school", ("大学", "学院", "学校", "党校", "师大", "交大", "财大", "农大", "科大", "民大", "大", "分校")),
    ("government", ("委员会", "委", "部", "局", "厅", "署", "政府", "办公室", "国务院")),
)

# Long words and their usual short forms. Both become the short one before names are compared; reading left to right,
# a later line may use what an earlier one made (科学技术大学 → 科技大学 → 科大).
ABBREVIATIONS = (
    ("科学技术", "科技"),
    ("发展和改革委员会", "发改委"),
    ("发展改革委员会", "发改委"),
    ("发展改革委", "发改委"),
    ("卫生和计划生育委员会", "卫生计生委"),
    ("卫生健康委员会", "卫健委"),
    ("卫生健康委", "卫健委"),
    ("经济和信息化", "经信"),
    ("社会科学院", "社科院"),
    ("农业科学院", "农科院"),
    ("林业科学院", "林科院"),
    ("医学科学院", "医科院"),
    ("经济贸易", "经贸"),
    ("疾病预防控制", "疾控"),
    ("师范大学", "师大"),
    ("交通大学", "交大"),
    ("农业大学", "农大"),
    ("科技大学", "科大"),
    ("民族大学", "民大"),
    ("研究所", "所"),
    ("委员会", "委"),
    ("附属", ""),
    *((f"{one}工业部", f"{one}部") for one in ("冶金", "机械", "煤炭", "电子", "纺织", "电力", "石油", "航空")),
    ("化学工业部", "化工部"),
    ("中国人民解放军", "解放军"),
    ("中国人民武装警察部队", "武警"),
)  # fmt: skip

# A name may go on after one of these: 武汉大学 | 人民医院. Ministries and the like only where they are known by name.
_HEADS = (
    "大学", "科学院", "研究院", "研究所", "学院", "医院", "分公司", "总公司", "公司", "集团", "委员会", "银行",
    "交易所", "图书馆", "党校", "研究中心", "信息中心", "控制中心", "测绘局", "社科院", "农科院", "林科院", "中科院", "医科院",
)  # fmt: skip
_OFFICES = re.compile(
    r"^(?:国务院|审计署|(?:国家|中国)[^部委院所]{2,14}?(?:总局|局|委员会)|国家(?:科|体改|计|经贸|卫生计生|卫健|发改|民)委"
    r"|国防科工委|(?:农业农村|交通运输|铁道|交通|农业|卫生|教育|财政|商务|国内贸易|对外经济贸易|科学技术|科技|环境保护|生态环境|民政|水利"
    r"|工业和信息化|住房和城乡建设|人力资源和社会保障|自然资源|国土资源|公安|司法|文化|建设|林业|电力工业|煤炭工业|化学工业|化工"
    r"|(?:机械|机械电子|冶金|电子|纺织|轻|航空航天|航空|石油|核|兵器)工业|冶金|机械|应急管理|劳动|人事)部)"
)
_HEAD = re.compile("|".join(_HEADS))
# 大学生…, 大学城, 公司治理 are other words.
_NOT_BEFORE = re.compile(
    r"大学(?:生(?!命|物|态|殖|理|化)|城(?!市|乡))|公司(?:治|法)|集团(?:公司|有限|股份|总公司|\()|研究院大学|科学院大学"
)
# What may stand at the end of a unit of something larger.
_UNIT = re.compile(
    r"(?:学院|学部|系|研究所|所|研究院|研究室|研究组|中心|实验室|医院|门诊部|处|室|分院|分校|分公司|分行|支行|营业部|子公司|公司"
    r"|研究生院|研究生部|工厂|试验站|观测站|工作站|站|图书馆|博物馆|党校|校区|事业部|基地|出版社|附属中学|附中|附小|办公室|农村部|院"
    r"|课题组|团队|委员会|学报|编辑部|科学部|工程部|团委|产业园|科技园)$"
)


def split_units(text: str) -> tuple[str, ...]:
    """An organisation and the units named after it: 华中科技大学同济医学院附属同济医院 → 华中科技大学, 同济医学院, 附属同济医院.

    A name is cut after a word for an organisation only where the rest is itself the name of a unit: 中国科学院大学 and
    武汉大学生创业有限公司 are whole.
    """
    office = _OFFICES.match(text)
    if office and is_unit(text[office.end() :]):
        return text[: office.end()], *split_units(text[office.end() :])
    for found in _HEAD.finditer(text):
        rest = text[found.end() :]
        if found.end() >= 4 and is_unit(rest) and not _NOT_BEFORE.match(text, found.start()):
            return text[: found.end()], *split_units(rest)
    return (text,)


def is_unit(text: str) -> bool:
    """Whether a text can be the name of a unit: 人民医院, 经济与管理学院, not 有限公司 or 大学."""
    return len(text) >= 2 and _UNIT.search(text) is not None and not text.startswith(LEGAL_FORMS) and text != "公司"


def kind_of(text: str) -> Kind:
    """What kind of organisation a name says that it is."""
    for kind, endings in _KINDS:
        if text.endswith(endings):
            return kind
    return "other"


# 上海科技大学, of 2013, is another university than the one of this name, which became part of 上海大学.
_WRITTEN_OUT = frozenset({"上海科学技术大学"})


def abbreviated(text: str, before: str = "") -> str:
    """Usual long words by their short forms; joining words stay. `before`: the place in front of the text."""
    if before + text in _WRITTEN_OUT:
        return text
    for long, short in ABBREVIATIONS:
        if long in text and (text != long or before):  # 交通大学 alone is no 交大, 西安交通大学 is 西安交大
            text = text.replace(long, short)
    return text


def without_legal_form(text: str) -> tuple[str, tuple[str, ...]]:
    """A name without its legal form, and the words that were taken off: 长飞光纤股份有限公司 → 长飞光纤, (股份有限公司,).

    集团 is a word that tells two firms apart and stays; of a group's company 股份 stays too: the group and its listed
    company are two.
    """
    for form in LEGAL_FORMS:
        if text.endswith(form) and len(text) > len(form) + 1 and text not in LEGAL_FORMS:
            rest = text[: -len(form)]
            if form.startswith("股份") and GROUP[0] in rest[-4:]:
                return rest + "股份", (form.removeprefix("股份"),)
            return rest, (form,)
    return text, ()


_STEMS = re.compile(r"^(?P<stem>.+?)(?P<kind>大学|学院|高等专科学校|专科学校|学校|(?<=[科师交农民财])大)$")
_LONG = {"科": "科技", "师": "师范", "交": "交通", "农": "农业", "民": "民族", "财": "财"}
_CHANGED = (("建筑工业", "建筑"), ("城市建设", "城建"))


def stem_of_school(head: str) -> tuple[str, str] | None:
    """What stands before 大学 or 学院, and which of them ("" for other schools); None when it is no school."""
    found = _STEMS.match(head)
    if found is None:
        return None
    stem, kind = found["stem"], found["kind"]
    if kind == "大":
        stem, kind = stem[:-1] + _LONG[stem[-1]], "大学"
    for old, new in _CHANGED:
        stem = stem.replace(old, new)
    return stem, kind if kind in {"大学", "学院"} else ""


def ending_of_institute(head: str) -> str:
    """研究院, 研究中心 or 所 (as 研究所 is abbreviated), with which a key ends; "" for none."""
    return next((ending for ending in ("研究院", "研究中心", "所") if head.endswith(ending)), "")


# Words of which hospitals all over the country are named: without their place they tell nothing.
_EVERYWHERE = re.compile(
    r"^(?:第?\d+|人民|中心|肿瘤|口腔|儿童|妇幼保健|妇产|妇女|中医|中西医结合|精神卫生|眼科|眼耳鼻喉科|胸科|骨科|传染病|总|职工|康复"
    r"|皮肤病|老年病|工人|整形|心血管病|附属|临床|教学|综合|直属)*(?:医院|所|研究院|研究中心)?$"
)


def named_everywhere(core: str) -> bool:
    """Whether a hospital or institute without its place is one of many of that name: 人民医院, 第1医院, 肿瘤医院."""
    return _EVERYWHERE.match(core) is not None
