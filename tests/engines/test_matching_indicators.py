"""What a text states of the indicators that are asked for: nothing that cannot be said truly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching.indicators import (
    MET,
    MISSED,
    NOT_STATED,
    UNSETTLED,
    Indicator,
    Interval,
    check,
)
from jiandao.engines.matching.units import unit_of

DENSITY = Indicator("缺陷密度", "le", Decimal("0.3"), "个/cm²")
LONG = Indicator("外延片缺陷密度", "le", Decimal("0.3"), "个/cm²")
PUE = Indicator("电源使用效率（PUE）", "le", Decimal("1.24"), "1")
YIELD = Indicator("良率", "ge", Decimal(95), "%")
LOSS = Indicator("propagation loss", "le", Decimal("0.2"), "dB/cm")
THICKNESS = Indicator("厚度", "within", Decimal(5), "nm", Decimal("0.2"))
RESPONSE = Indicator("响应时间", "le", Decimal(10), "ms")
HEAT = Indicator("热导率", "ge", Decimal(200), "W/(m·K)")


def verdict(indicator, *texts):
    return check([indicator], texts)[0].verdict


@pytest.mark.parametrize(
    ("indicator", "text", "expected", "stated"),
    [
        (DENSITY, "本成果的缺陷密度降至0.25/cm²，已在产线使用。", MET, "0.25/cm2"),
        (DENSITY, "缺陷密度由1.2个/cm2降低至0.45个/cm2。", MISSED, "0.45个/cm2"),
        (LONG, "8英寸碳化硅外延片上，缺陷密度低于0.3 cm⁻²。", MET, "低于0.3 cm-2"),
        (PUE, "ＰＵＥ为１．４５，节能明显", MISSED, "1.45"),
        (PUE, "实测PUE 1.2。", MET, "1.2"),
        (YIELD, "良率提高至96.5%以上", MET, "96.5%以上"),
        (YIELD, "良率达到0.96。", MET, "0.96"),
        (YIELD, "与80%的原有水平相比，良率已做到94%。", MISSED, "94%"),
        (LOSS, "Compared with conventional waveguides, the propagation loss is 0.1 dB/cm.", MET, "0.1 dB/cm"),
        (YIELD, "良率做到96%（此前为80%），国外同类产品为90%。", MET, "96%"),  # what follows speaks of others
        (Indicator("厚度", "eq", Decimal(5), "nm"), "厚度为0.005 μm", MET, "0.005 μm"),
        (THICKNESS, "厚度 5±0.1 nm", MET, "5±0.1 nm"),
        (LOSS, "A propagation loss of 0.15 dB/cm was measured at 1550 nm.", MET, "0.15 dB/cm"),
        (Indicator("寿命", "ge", Decimal(50000), "h"), "壽命超過6萬小時。", MET, "超过6万小时"),
        (HEAT, "热导率达220 W/m·K", MET, "220 W/m·K"),
        (HEAT, "热导率（W/(m·K)）：180", MISSED, "180"),
        (Indicator("晶圆尺寸", "eq", Decimal(8), "英寸"), "晶圆尺寸为8英寸", MET, "8英寸"),
        (
            Indicator("等级", "ge", Decimal(3), "级"),
            "等级达到4级",
            MET,
            "4级",
        ),  # a unit of which only the letters are known
        (RESPONSE, "响应时间优于8毫秒", MET, "优于8毫秒"),
        (Indicator("yield", "ge", Decimal(95), "%"), "The yield was reduced from 99% to 94%.", MISSED, "94%"),
        (Indicator("功率", "ge", Decimal(1), "MW"), "功率为 5 mW", MISSED, "5 mW"),
    ],
)
def test_a_value_that_is_stated_is_read_and_compared(indicator, text, expected, stated):
    (found,) = check([indicator], [text])
    assert (found.verdict, found.stated) == (expected, (stated,))
    assert found.quote


@pytest.mark.parametrize(
    ("indicator", "text"),
    [
        (DENSITY, "国外的缺陷密度为0.25个/cm2。"),  # of others
        (DENSITY, "缺陷密度做到0.25个/cm2，放大以后能否保持有待验证。"),
        (DENSITY, "改进前，缺陷密度为0.25个/cm2。"),
        (DENSITY, "与传统工艺相比，国外的缺陷密度为0.25个/cm2。"),
        (DENSITY, "预期缺陷密度为0.25个/cm2。"),  # a hope
        (DENSITY, "尚未达到缺陷密度0.25个/cm2。"),
        (DENSITY, "缺陷密度均匀性为0.2个/cm2。"),  # of something else
        (DENSITY, "缺陷密度为 0.25。"),  # in no unit
        (DENSITY, "缺陷密度降低30%。"),  # a change is no value
        (YIELD, "良率提高15%"),
        (YIELD, "良率提高了96%"),
        (PUE, "PUE降低30%"),
        (THICKNESS, "厚度 4~6 纳米"),  # partly
        (LOSS, "The propagation losses are below 0.3 dB/cm."),  # may be 0.1, may be 0.25
        (LOSS, "The propagation loss of conventional waveguides is 0.1 dB/cm."),
        (RESPONSE, "响应时间约10毫秒"),  # about
        (THICKNESS, "厚度优于 5 nm"),  # better on which side?
        (Indicator("密度", "le", Decimal(1), "1"), "密度 3 个"),
    ],
)
def test_what_is_named_but_does_not_settle_it_is_not_settled(indicator, text):
    (found,) = check([indicator], [text])
    assert found.verdict == UNSETTLED
    assert found.quote


@pytest.mark.parametrize(
    ("indicator", "text"),
    [
        (LONG, "位错密度低于0.3 cm⁻²。"),
        (Indicator("导通电阻", "le", Decimal(20), "mΩ"), "比导通电阻为 2 mΩ·cm2"),
        (Indicator("线性度", "le", Decimal(1), "%"), "非线性度为 0.5%"),
        (Indicator("loss", "le", Decimal(1), "dB"), "The glossy film has 0.5 dB."),
        (RESPONSE, "反应很快，用了8毫秒。"),
        (Indicator("效率（年均）", "ge", Decimal(90), "%"), "效率为95%。"),  # the condition belongs to it
        (RESPONSE, ""),
    ],
)
def test_what_is_not_named_is_not_stated(indicator, text):
    assert verdict(indicator, text) == NOT_STATED


def test_values_that_contradict_each_other_settle_nothing():
    texts = ["缺陷密度为0.2个/cm2。", "缺陷密度为0.5个/cm2。"]
    (found,) = check([DENSITY], texts)
    assert (found.verdict, found.stated) == (UNSETTLED, ("0.2个/cm2", "0.5个/cm2"))
    assert verdict(DENSITY, *reversed(texts)) == UNSETTLED


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="expected one of"):
        Indicator("x", "about", Decimal(1))
    with pytest.raises(ValueError, match="tolerance"):
        Indicator("x", "within", Decimal(1))


NUMBERS = st.decimals("0.001", "9999", places=3)
LENGTHS = {"nm": 9, "μm": 6, "毫米": 3, "mm": 3, "cm": 2, "m": 0}
HOLDS = {"ge": lambda v, t: v >= t, "le": lambda v, t: v <= t, "gt": lambda v, t: v > t, "lt": lambda v, t: v < t,
         "eq": lambda v, t: v == t}  # fmt: skip


@given(
    NUMBERS, NUMBERS, st.sampled_from(sorted(LENGTHS)), st.sampled_from(sorted(LENGTHS)), st.sampled_from(sorted(HOLDS))
)
def test_a_plain_value_is_met_exactly_where_arithmetic_says_so(value, asked, stated_in, asked_in, comparator):
    metres = Fraction(value) / 10 ** LENGTHS[stated_in], Fraction(asked) / 10 ** LENGTHS[asked_in]
    expected = MET if HOLDS[comparator](*metres) else MISSED
    indicator = Indicator("厚度", comparator, asked, asked_in)
    assert verdict(indicator, f"薄膜的厚度为{value:f} {stated_in}，均匀。") == expected
    english = Indicator("film thickness", comparator, asked, asked_in)
    assert verdict(english, f"The film thickness is {value:f} {stated_in}, measured twice.") == expected


@given(NUMBERS, NUMBERS, st.sampled_from(sorted(LENGTHS)))
def test_a_bound_settles_only_what_it_implies(value, asked, unit):
    indicator = Indicator("厚度", "le", asked, unit)
    assert verdict(indicator, f"厚度不超过{value:f}{unit}。") == (MET if value <= asked else UNSETTLED)
    assert verdict(indicator, f"厚度大于{value:f}{unit}。") == (MISSED if value >= asked else UNSETTLED)


ENDS = st.none() | st.integers(-3, 3).map(Fraction)


@given(ENDS, ENDS, ENDS, ENDS, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_intervals_agree_with_their_members(a, b, c, d, ao, bo, co, do):
    one, two = Interval(a, b, ao, bo), Interval(c, d, co, do)

    def holds(interval, x):
        low = interval.low is None or x > interval.low or (x == interval.low and not interval.low_open)
        return low and (interval.high is None or x < interval.high or (x == interval.high and not interval.high_open))

    points = [Fraction(n, 4) for n in range(-20, 21)]
    if one.within(two):
        assert all(holds(two, x) for x in points if holds(one, x))
    if one.apart(two):
        assert not any(holds(one, x) and holds(two, x) for x in points)


@given(st.text(max_size=60), st.sampled_from([DENSITY, PUE, LOSS, THICKNESS, HEAT]))
def test_any_text_can_be_read(text, indicator):
    for shown in (text, f"{indicator.name}为{text}", f"{indicator.name}{text}{indicator.unit}"):
        (found,) = check([indicator], [shown])
        assert found.indicator is indicator
        assert bool(found.stated) <= bool(found.quote)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("个/cm²", "cm^-2"),
        ("μm", "微米"),
        ("平方毫米", "mm2"),
        ("W/(m·K)", "W/m·K"),
        ("kW·h", "千瓦时"),
        ("Å", "Å"),
        ("", "1"),
    ],
)
def test_units_that_are_written_differently_are_the_same(one, other):
    assert unit_of(one) == unit_of(other) is not None


@pytest.mark.parametrize(
    ("one", "other"), [("MPa", "mPa"), ("mW", "MW"), ("nm", "N·m"), ("个", ""), ("mΩ", "mΩ·cm2"), ("℃", "K")]
)
def test_units_that_are_different_stay_different(one, other):
    assert unit_of(one) is not None
    assert unit_of(one) != unit_of(other)


@pytest.mark.parametrize("text", ["级", "mice", "nm nm", "5", "cm-2 s-1", "/", "nm/"])
def test_what_is_no_unit_is_none(text):
    assert unit_of(text) is None
