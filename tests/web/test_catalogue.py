"""The Chinese catalogue is complete, and the tool notices when it is not."""

from pathlib import Path

from jiandao.web import catalogue


def test_catalogue_of_the_package_is_complete():
    assert catalogue.check() == []


def _package(folder: Path, template: str) -> tuple[Path, Path]:
    package = folder / "room"
    (package / "templates" / "cotton").mkdir(parents=True)
    (package / "templates" / "cotton" / "card.html").write_text(template, encoding="utf-8")
    (package / "actions.py").write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext_lazy\n"
        "a = _('Publish the need')\n"
        "b = ngettext('%(n)s need', '%(n)s needs', 3) % {'n': 3}\n"
        "c = pgettext_lazy('noun', 'Open')\n"
        "d = _(a)\n",
        encoding="utf-8",
    )
    return package, folder / "django.po"


TEMPLATE = """{% load i18n %}<c-card title="{% translate "It's 100% done" %}">
      {% blocktranslate with who=user.name trimmed %}
         Sent by {{ who }}
      {% endblocktranslate %}
  {% if x %}"un'balanced
  {% endif %}</c-card>"""


def test_messages_are_found_in_python_and_in_cotton_templates(tmp_path):
    package, po = _package(tmp_path, TEMPLATE)
    assert catalogue.update(package, po) == (5, 0)
    ids = {catalogue._key(message) for message in catalogue._messages(catalogue.read(po))}
    assert ids == {
        ("Publish the need", None),
        ("%(n)s need", None),
        ("Open", "noun"),
        ("It's 100%% done", None),
        ("Sent by %(who)s", None),
    }


def test_missing_lost_and_stale_translations_are_named(tmp_path):
    package, po = _package(tmp_path, TEMPLATE)
    catalogue.update(package, po)
    assert len(catalogue.check(package, po)) == 5
    text = po.read_text(encoding="utf-8")
    for source, translated in {
        'msgid "Publish the need"\nmsgstr ""': 'msgid "Publish the need"\nmsgstr "发布需求"',
        'msgstr[0] ""': 'msgstr[0] "%(n)s 项需求"',
        'msgid "Open"\nmsgstr ""': 'msgid "Open"\nmsgstr "未结"',
        'msgid "It\'s 100%% done"\nmsgstr ""': 'msgid "It\'s 100%% done"\nmsgstr "已 100%% 完成"',
        'msgid "Sent by %(who)s"\nmsgstr ""': 'msgid "Sent by %(who)s"\nmsgstr "由某人发送"',
    }.items():
        assert source in text
        text = text.replace(source, translated)
    po.write_text(text, encoding="utf-8")
    (wrong,) = catalogue.check(package, po)
    assert "placeholders" in wrong
    po.write_text(text.replace("由某人发送", "由%(who)s发送"), encoding="utf-8")
    assert catalogue.check(package, po) == []
    (package / "templates" / "cotton" / "card.html").write_text("nothing", encoding="utf-8")
    assert [sentence for sentence in catalogue.check(package, po) if "no source any more" in sentence]
    assert catalogue.update(package, po) == (0, 2)
    assert catalogue.check(package, po) == []
    assert "发布需求" in po.read_text(encoding="utf-8"), "what is still used keeps its translation"


def test_a_sentence_that_moved_to_another_file_is_named(tmp_path):
    package, po = _package(tmp_path, "nothing")
    (package / "actions.py").write_text("a = _('Open')\n", encoding="utf-8")
    catalogue.update(package, po)
    text = po.read_text(encoding="utf-8")
    po.write_text(text.replace('msgid "Open"\nmsgstr ""', 'msgid "Open"\nmsgstr "未结"'), encoding="utf-8")
    assert catalogue.check(package, po) == []
    (package / "actions.py").rename(package / "lifecycle.py")
    (wrong,) = catalogue.check(package, po)
    assert "run update" in wrong


def test_update_without_change_writes_the_same_bytes(tmp_path):
    before = catalogue.PO.read_bytes()
    copy = tmp_path / "django.po"
    copy.write_bytes(before)
    catalogue.update(catalogue.PACKAGE, copy)
    assert copy.read_bytes() == before


def test_chinese_source_text_is_refused(tmp_path):
    package, po = _package(tmp_path, '{% load i18n %}{% translate "发布" %}')
    catalogue.update(package, po)
    assert any("is Chinese" in sentence for sentence in catalogue.check(package, po))
