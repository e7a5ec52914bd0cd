"""A written name taken apart, piece by piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.names import Dictionaries, normalise
from jiandao.engines.names.places import Places
from jiandao.engines.names.text import brackets, digits, folded, simplified, spaces, width
from jiandao.engines.names.words import is_unit, kind_of, split_units, without_legal_form


@pytest.mark.parametrize(
    "written", ["中国地质大学（武汉）", "中国地质大学〔武汉〕", "中国地质大学【武汉】", "中国地质大学[武汉]"]
)
def test_all_styles_of_brackets_are_one(written):
    assert brackets(written) == "中国地质大学(武汉)"


def test_a_bracket_left_open_is_closed():
    assert brackets("中国地质大学（武汉") == "中国地质大学(武汉)"


def test_full_width_and_capitals():
    assert width("ＴＣＬ科技") == "tcl科技"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("武 汉　大学 ", "武汉大学"),
        ("Wuhan University", "Wuhan University"),
        ("武汉大学。", "武汉大学"),
        ("TCL 科技", "TCL科技"),
    ],
)
def test_blanks_go_beside_chinese_characters_only(written, plain):
    assert spaces(written) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [("武漢大學", "武汉大学"), ("華東師範大學", "华东师范大学"), ("台灣", "台湾"), ("著名", "著名")],
)
def test_traditional_characters(written, plain):
    assert simplified(written) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("第七〇一研究所", "第701研究所"),
        ("第七零一研究所", "第701研究所"),
        ("第三十八研究所", "第38研究所"),
        ("第十研究所", "第10研究所"),
        ("第一百零一中学", "第101中学"),
        ("第二十中学", "第20中学"),
        ("三一重工", "三一重工"),
        ("七二四研究所", "724研究所"),
        ("第十百厂", "第十百厂"),
    ],
)
def test_numbers(written, plain):
    assert digits(written) == plain


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "place", "province", "rest"),
    [
        ("武汉大学", "武汉", "湖北", "大学"),
        ("武汉市农业科学院", "武汉", "湖北", "农业科学院"),
        ("湖北省武汉市第一医院", "武汉", "湖北", "第一医院"),
        ("湖北武汉光谷公司", "武汉", "湖北", "光谷公司"),
        ("湖北大学", "湖北", "", "大学"),
        ("广西壮族自治区科技厅", "广西", "", "科技厅"),
        ("武汉市场研究公司", "武汉", "湖北", "市场研究公司"),
        ("吉林省农业科学院", "吉林", "", "农业科学院"),
    ],
)
def test_the_place_at_the_head(text, place, province, rest):
    found = Places().leading(text)
    assert (found.name, found.province, text[found.length :]) == (place, province, rest)


def test_no_place_at_the_head():
    assert Places().leading("清华大学") is None


def test_a_city_named_as_its_province_is_another_place():
    places = Places([("吉林市", "吉林省")])
    assert places.leading("吉林市医院").name != places.leading("吉林省医院").name
    assert places.leading("吉林市医院").province == "吉林"


def test_more_places_are_given_by_the_caller():
    written = "仙桃非织造布有限公司", "沔州非织造布有限公司"
    assert [normalise(name).place for name in written] == ["仙桃", ""]
    assert normalise(written[1], Dictionaries([("沔州市", "湖北省")])).place == "沔州"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("武汉大学", ("武汉大学",)),
        ("武汉大学经济与管理学院", ("武汉大学", "经济与管理学院")),
        ("华中科技大学同济医学院附属同济医院", ("华中科技大学", "同济医学院", "附属同济医院")),
        ("中国科学院大学", ("中国科学院大学",)),
        ("中国科学院数学与系统科学研究院", ("中国科学院", "数学与系统科学研究院")),
        ("武汉大学生创业中心", ("武汉大学生创业中心",)),
        ("武汉大学生命科学学院", ("武汉大学", "生命科学学院")),
        ("中国船舶重工集团公司第七〇一研究所", ("中国船舶重工集团公司", "第七〇一研究所")),
        ("中国工商银行股份有限公司湖北省分行", ("中国工商银行股份有限公司", "湖北省分行")),
        ("农业部南京农业机械化研究所", ("农业部", "南京农业机械化研究所")),
        ("国家统计局统计科学研究所", ("国家统计局", "统计科学研究所")),
        ("武汉邮电科学研究院有限公司", ("武汉邮电科学研究院有限公司",)),
    ],
)
def test_units_are_cut_off(text, parts):
    assert split_units(text) == parts


def test_what_a_unit_is():
    assert is_unit("人民医院")
    assert is_unit("武汉分公司")
    assert not is_unit("大学")
    assert not is_unit("有限公司")


@pytest.mark.parametrize(
    ("text", "rest", "form"),
    [
        ("长飞光纤光缆股份有限公司", "长飞光纤光缆", ("股份有限公司",)),
        ("长江存储科技有限责任公司", "长江存储科技", ("有限责任公司",)),
        ("东风汽车集团有限公司", "东风汽车集团", ("有限公司",)),
        ("东风汽车集团股份有限公司", "东风汽车集团股份", ("有限公司",)),
        ("武汉大学", "武汉大学", ()),
        ("有限公司", "有限公司", ()),
    ],
)
def test_the_legal_form(text, rest, form):
    assert without_legal_form(text) == (rest, form)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("武汉大学", "school"),
        ("湖北省农业科学院", "academy"),
        ("武汉市第一医院", "hospital"),
        ("武汉锅炉厂", "company"),
        ("湖北省科学技术厅", "government"),
        ("长江论坛", "other"),
    ],
)
def test_the_kind(text, kind):
    assert kind_of(text) == kind


def test_a_campus_is_no_note():
    name = normalise("中国地质大学（武汉）")
    assert (name.head, name.campus, name.brackets) == ("中国地质大学", "武汉", ())
    assert normalise("中国地质大学武汉").key == name.key
    assert normalise("中国矿业大学（北京校区）").campus == "北京"


def test_the_main_campus_and_a_group_in_brackets_are_left_out():
    assert normalise("武汉大学（本部）").key == normalise("武汉大学").key
    assert normalise("武汉钢铁（集团）公司").key == normalise("武汉钢铁集团公司").key


def test_the_place_in_the_brackets_of_a_firm():
    name = normalise("联影（武汉）医疗科技有限公司")
    assert (name.place, name.core, name.kinds) == ("武汉", "联影医疗科技", ("有限公司",))


def test_other_names_inside():
    assert normalise("湖北工业大学（原湖北工学院）").others == ("湖北工学院",)
    assert normalise("武汉大学人民医院（湖北省人民医院）").others == ("湖北省人民医院",)
    assert normalise("武汉大学 Wuhan University").others == ("wuhan university",)
    assert normalise("武汉大学（信息学部）").units == ("信息学部",), "a part in brackets is a part"


def test_letters_in_a_chinese_name_stay():
    name = normalise("TCL华星光电技术有限公司")
    assert (name.core, name.others, name.latin) == ("tcl华星光电技术", (), False)


def test_a_short_name_leads_a_unit():
    name = normalise("武大人民医院")
    assert (name.head, name.units, name.meanings[0].today) == ("武大", ("人民医院",), "武汉大学")
    assert normalise("中南工学院").units == ()


def test_places_and_legal_forms_do_not_eat_a_name_up():
    assert normalise("武汉市").head == "武汉市"
    assert normalise("").head == ""
    assert normalise("（）").key == normalise("").key


@given(st.text(max_size=60) | st.text(alphabet="武汉市大学（）()有限公司第一研究所 ab集团", max_size=30))
def test_any_text_is_a_name(text):
    name = normalise(text)
    assert name.original == text
    assert normalise(text) == name
