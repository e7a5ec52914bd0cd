"""What can be imported: the fields of needs and results, how their cells are read, and how headers name them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.policy import Rule
from jiandao.kernel.tabular.faults import CHINESE, ENGLISH
from jiandao.kernel.tabular.values import folded
from jiandao.stages.exchange import policy
from jiandao.stages.exchange.importing.models import ImportKind
from jiandao.stages.exchange.models import Comparator, ExchangeRecord, Need, ResearchResult

MOST_INDICATORS = 30
INDICATOR_PARTS = {
    "whole": _("the whole indicator"),
    "name": _("indicator"),
    "comparator": _("comparator"),
    "threshold": _("threshold"),
    "tolerance": "±",
    "stretch": _("stretch"),
    "unit": _("unit"),
    "test_method": _("test method"),
}

_COMMON_WORDS: dict[str, str] = {
    "id": "编号 项目编号 源编号 id no number source_id",
    "credit_code": "统一社会信用代码 社会信用代码 信用代码 credit_code unified_social_credit_code uscc",
    "language": "语言 language lang",
    "keywords": "关键词 关键字 keywords keyword",
    "field": "技术领域 所属领域 领域 需求技术所属领域 技术所属领域 field technical_field",
    "secrecy": "密级 保密级别 公开范围 secrecy",
    "secret_until": "保密期限 保密期至 secret_until",
    "title_other": "英文名称 英文标题 英文题目 english_title",
    "summary_other": "英文摘要 英文简介 english_summary english_abstract",
    "translated_by": "译者 翻译 translator",
}
_NEED_WORDS = _COMMON_WORDS | {
    "id": _COMMON_WORDS["id"] + " 需求编号 选题编号 难题编号 征集编号 need_id",
    "organisation": (
        "需求方 需求单位 需求企业 企业名称 单位名称 单位 机构全称 发榜单位 发榜方 出题单位 出题企业 申报单位 "
        "organisation organization company enterprise institution asker owner"
    ),
    "title": (
        "技术需求名称 需求名称 需求题目 题目 选题名称 榜单名称 技术难题名称 难题名称 项目名称 名称 标题 title need "
        "need_title name challenge"
    ),
    "problem": (
        "主要问题 问题描述 技术问题 存在问题 需求描述 需求内容 问题 现状与问题 problem description problem_statement"
    ),
    "goal": "预期目标 预期成果 预期效果 目标 goal expected_result objective",
    "conditions": "揭榜条件 揭榜方条件 对揭榜方要求 对解题方要求 应答条件 conditions requirements",
    "intellectual_property": "知识产权归属 知识产权 产权归属 intellectual_property ip",
    "intellectual_property_note": "知识产权说明 ip_note",
    "activity_type": "科技活动类型 活动类型 activity_type",
    "solution_mode": "技术需求解决方式 解决方式 合作方式 对接方式 solution_mode",
    "direction": "方向 攻关方向 三个方向 direction",
    "orientation": "四个面向 面向 orientation",
    "cluster": "产业集群 集群 51020 cluster",
    "discipline": "学科分类 学科 学科代码 discipline",
    "industry": "需求技术应用行业 应用行业 所属行业 行业 industry",
    "budget_fen": "拟投入资金总额 拟投入资金 预算 投入经费 经费 榜单金额 悬赏金额 金额 budget amount money",
    "deadline": "截止日期 截止时间 揭榜截止日期 揭榜截止 应答截止日期 deadline closes",
    "needed_by": "需求时限 完成时限 解决时限 期望完成时间 时限 needed_by",
    "indicators": "指标 主要指标 技术指标 考核指标 量化目标 公开的量化目标 indicators targets",
}
_RESULT_WORDS = _COMMON_WORDS | {
    "id": _COMMON_WORDS["id"] + " 项目批准号 成果编号 登记号 成果登记号 专利号 申请号 result_id",
    "organisation": (
        "依托单位 完成单位 第一完成单位 持有单位 成果单位 所属单位 单位 单位名称 专利权人 权利人 owner organisation "
        "organization institution host affiliation"
    ),
    "title": "成果名称 项目名称 论文题目 专利名称 题目 名称 标题 title name",
    "text": "成果简介 成果描述 成果介绍 项目简介 简介 摘要 abstract description text summary",
    "authors": "完成人 主要完成人 作者 发明人 项目负责人 负责人 authors author inventors",
    "trl": "技术成熟度 成熟度 技术就绪度 trl technology_readiness_level",
    "trl_evidence": "成熟度证明 成熟度依据 技术成熟度证明 trl_evidence",
    "terms": "合作方式 转化方式 交易方式 terms",
    "price_fen": "意向价格 转让价格 价格 挂牌价 报价 price",
}
# Words of the forms in use, beside codes and labels.
_CHOICE_WORDS = {
    "activity_type": {
        "试验发展": "experimental-development", "研究发展与成果应用": "application-of-results",
        "技术推广与科技服务": "extension-and-services", "生产性活动": "production", "基础研究": "basic-research",
        "应用研究": "applied-research",
    },
    "solution_mode": {"独立研发": "own", "委托研发": "commissioned", "合作研发": "joint", "其他": "other"},
    "intellectual_property": {
        "归需求方": "asker", "需求方所有": "asker", "归揭榜方": "answerer",
        "揭榜方所有": "answerer", "双方共有": "shared", "共有": "shared", "共享": "shared",
        "按协议约定": "agreed", "协议约定": "agreed", "另行约定": "agreed",
    },
    "terms": {
        "转让": "transfer", "技术转让": "transfer", "许可": "licence", "技术许可": "licence", "作价入股": "investment",
        "入股": "investment", "合作开发": "joint", "技术服务": "service", "技术咨询": "service", "面议": "negotiable",
        "license": "licence",
    },
    "language": {"中文": "zh", "汉语": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"},
    "secrecy": {"公开": "public", "内部": "internal", "工作秘密": "work-secret", "商业秘密": "trade-secret"},
}  # fmt: skip
COMPARATORS = {
    ">=": "ge", "≥": "ge", "⩾": "ge", "不低于": "ge", "不小于": "ge", "不少于": "ge", "至少": "ge", "达到": "ge",
    "at least": "ge", "ge": "ge",
    "<=": "le", "≤": "le", "⩽": "le", "不高于": "le", "不大于": "le", "不超过": "le", "至多": "le",
    "at most": "le", "le": "le",
    ">": "gt", "大于": "gt", "高于": "gt", "超过": "gt", "more than": "gt", "gt": "gt",
    "<": "lt", "小于": "lt", "低于": "lt", "少于": "lt", "less than": "lt", "lt": "lt",
    "=": "eq", "等于": "eq", "eq": "eq", "±": "within", "within": "within", "within±": "within", "偏差±": "within",
}  # fmt: skip


@dataclass(frozen=True)
class ImportField:
    """One field that a column may fill. `kind` says how its cells are read (see `conversion`)."""

    name: str
    label: Any
    kind: str
    longest: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)  # folded word -> code
    labels: Any = ()  # of the choices, for a fault
    vocabulary: str = ""
    positive: bool = True
    clearable: bool = False  # whether a record may be without it

    @property
    def empty(self) -> Any:
        """What a record has that is without it."""
        return {"term": None, "money": None, "day": None, "keywords": []}.get(self.kind, "")


@dataclass(frozen=True)
class Importable:
    """A kind of record that can be imported."""

    kind: ImportKind
    model: type[ExchangeRecord]
    rule: Rule
    change: Rule
    fields: Mapping[str, ImportField]
    words: Mapping[str, str]
    text: str  # the field that holds the long text, and gives a title where there is none
    states: tuple[str, ...]
    has_indicators: bool

    @cached_property
    def by_word(self) -> dict[str, str]:
        """Header (see `header_key`) -> field. Our own labels in both languages count beside the customary words."""
        found: dict[str, str] = {}
        for name, one in self.fields.items():
            for code in (ENGLISH, CHINESE):
                with translation.override(code):
                    found.setdefault(header_key(str(one.label)), name)
        for name, words in self.words.items():
            found |= {header_key(word.replace("_", " ")): name for word in words.split()}
        return found


_BRACKETS = re.compile(r"[(\[{【〔][^)\]}】〕]*[)\]}】〕]")
_SIGNS = re.compile(r"[*:：＊_\-—\s]+")


def header_key(header: str) -> str:
    """A header as it is compared: without marks of obligation, units in brackets, case and spaces."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return _SIGNS.sub("", _BRACKETS.sub("", plain)) or _SIGNS.sub("", plain)


def _fields(model: type[ExchangeRecord], names: tuple[str, ...]) -> dict[str, ImportField]:
    found = {
        "id": ImportField("id", _("id in the source"), "line", 150),
        "credit_code": ImportField("credit_code", _("unified social credit code"), "code", 40),
    }
    for name in names:
        found[name] = _field(model, name)
    if model is Need:
        found["indicators"] = ImportField("indicators", _("Indicators"), "indicators")
    return found


def _field(model: type[ExchangeRecord], name: str) -> ImportField:
    one: Any = model._meta.get_field(name)
    kind = _kind(one)
    return ImportField(
        name,
        one.verbose_name,
        kind,
        one.base_field.max_length if kind == "keywords" else 200 if kind == "organisation" else one.max_length,
        choices=_words(name, one.choices) if kind == "choice" else {},
        labels=[label for _code, label in one.choices] if kind == "choice" else (),
        vocabulary=name if kind == "term" else "",
        positive=name == "budget_fen",
        clearable=bool(one.blank),
    )


def _kind(one: Any) -> str:
    """How cells of a model's field are read."""
    if one.name in {"organisation", "keywords"}:
        return str(one.name)
    for kind, holds in (
        ("term", one.is_relation),
        ("money", one.name.endswith("_fen")),
        ("day", isinstance(one, models.DateField)),
        ("choice", bool(one.choices)),
        ("text", isinstance(one, models.TextField)),
    ):
        if holds:
            return kind
    return "line"


def _words(name: str, choices: Any) -> dict[str, str]:
    found = {folded(word): code for word, code in _CHOICE_WORDS.get(name, {}).items()}
    for code, label in choices:
        found[folded(code)] = code
        for language in (CHINESE, ENGLISH):
            with translation.override(language):
                found.setdefault(folded(str(label)), code)
    return found


def comparator_words() -> dict[str, str]:
    found = {folded(word): code for word, code in COMPARATORS.items()}
    return _words("comparator", Comparator.choices) | found


_NEED_NAMES = (
    "organisation", "title", "language", "keywords", "problem", "goal", "conditions", "intellectual_property",
    "intellectual_property_note", "activity_type", "solution_mode", "direction", "orientation", "cluster", "discipline",
    "field", "industry", "budget_fen", "deadline", "needed_by", "secrecy", "secret_until", "title_other",
    "summary_other", "translated_by",
)  # fmt: skip
_RESULT_NAMES = (
    "organisation", "title", "language", "keywords", "text", "authors", "field", "trl", "trl_evidence", "terms",
    "price_fen", "secrecy", "secret_until", "title_other", "summary_other", "translated_by",
)  # fmt: skip

_FOUND: dict[str, Importable] = {}


def importable(kind: str) -> Importable:
    """What can be imported under that name; KeyError otherwise. Made at the first call: labels need the catalogues."""
    if not _FOUND:
        _FOUND["needs"] = Importable(
            ImportKind.NEEDS, Need, policy.IMPORT_NEEDS, policy.CHANGE_NEED_BY_IMPORT,
            _fields(Need, _NEED_NAMES), _NEED_WORDS, "problem", ("draft", "submitted", "published"), True,
        )  # fmt: skip
        _FOUND["results"] = Importable(
            ImportKind.RESULTS, ResearchResult, policy.IMPORT_RESULTS, policy.CHANGE_RESULT_BY_IMPORT,
            _fields(ResearchResult, _RESULT_NAMES), _RESULT_WORDS, "text", ("draft", "published"), False,
        )  # fmt: skip
    return _FOUND[kind]
