"""The surface of a name: brackets, widths, blanks, characters, digits. One small function a step, in a fixed order.

Each step answers one way in which people write the same name differently, so that `compare` can say which of them
mattered. All steps together are `folded`.
"""

import re
from collections.abc import Callable
from functools import cache

from jiandao.engines.matching.text import IDEOGRAPHS
from jiandao.engines.matching.writing import folded as plain
from jiandao.engines.names.files import rows

_OPEN, _CLOSE = (
    "（([［{｛〔【〈《「『﹝〖〘⁽₍〈︗︵︷︹︻︽︿﹁﹃﹇﹙﹛｢",
    "）)]］}｝〕】〉》」』﹞〗〙⁾₎〉︘︶︸︺︼︾﹀﹂﹄﹈﹚﹜｣",
)  # with those that are written small or upright
_BRACKETS = str.maketrans(dict.fromkeys(_OPEN, "(") | dict.fromkeys(_CLOSE, ")"))
_SIGNS = str.maketrans(dict.fromkeys("—–－‐‑―", "-") | dict.fromkeys("•・‧∙", "·") | dict.fromkeys("“”‘’\"'`´", ""))
_HAN = re.compile(rf"[{IDEOGRAPHS}]")
_BLANK_BY_HAN = re.compile(rf"(?<=[{IDEOGRAPHS}()]) +| +(?=[{IDEOGRAPHS}()])")
_LOOSE = re.compile(rf"(?<=[{IDEOGRAPHS}])[,，、.。;；:：·/_-]+(?=[{IDEOGRAPHS}])|[,，、.。;；:：·/_-]+$")
_DIGITS = "零一二三四五六七八九"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {"〇": 0, "○": 0, "两": 2}
_ORDINAL = re.compile(r"第([零〇○一二三四五六七八九十百]+)")
_DIGIT_RUN = re.compile(r"[零〇○一二三四五六七八九]{3,}")


def has_han(text: str) -> bool:
    """Whether there is any Chinese character."""
    return _HAN.search(text) is not None


def brackets(text: str) -> str:
    """Every style of brackets is (): （） 〔〕 【】 [] {}. One that is not closed is closed at the end."""
    text = text.translate(_BRACKETS)
    return text + ")" * (text.count("(") - text.count(")"))


def width(text: str) -> str:
    """Full-width letters and digits are half-width, case is folded, what nobody sees is gone; dashes are alike."""
    return plain(text).translate(_SIGNS)


def spaces(text: str) -> str:
    """No blanks beside Chinese characters and brackets, no signs between Chinese characters or at the end."""
    text = " ".join(text.split())
    return _LOOSE.sub("", _BLANK_BY_HAN.sub("", text)).strip()


@cache
def _simplified() -> dict[int, str]:
    table = {ord(one): row["simplified"] for row in rows("traditional.tsv") for one in row["traditional"]}
    assert not {chr(one) for one in table} & set(table.values())
    return table


def simplified(text: str) -> str:
    """Traditional characters that stand in names are simplified: 華中 → 华中. Character by character, no words."""
    return text.translate(_simplified())


def _number(numeral: str) -> str:
    if "十" not in numeral and "百" not in numeral:
        return "".join(str(_VALUES[digit]) for digit in numeral)
    hundreds, _, rest = numeral.rpartition("百")
    tens, ten, units = rest.rpartition("十")
    try:
        value = 100 * _VALUES[hundreds] if hundreds else 0
        value += 10 * (_VALUES[tens.lstrip("零〇○")] if tens.strip("零〇○") else 1) if ten else 0
        value += _VALUES[units.lstrip("零〇○")] if units.strip("零〇○") else 0
    except KeyError:  # no number that anybody writes, such as 十百
        return numeral
    return str(value)


def digits(text: str) -> str:
    """Numbers after 第, and rows of three and more digits, are Arabic: 第七〇一研究所 → 第701研究所, 第一医院 → 第1医院."""
    text = _ORDINAL.sub(lambda found: "第" + _number(found[1]), text)
    return _DIGIT_RUN.sub(lambda found: _number(found[0]), text)


STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("brackets", brackets),
    ("width", width),
    ("spaces", spaces),
    ("characters", simplified),
    ("digits", digits),
)


def folded(text: str) -> str:
    """All steps in their order."""
    for _, step in STEPS:
        text = step(text)
    return text
