"""Assets: the lock names no host, the wheel contains everything, building again does nothing."""

import io
import json
import re
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from jiandao.web import assets

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "jiandao" / "web"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The wheel and the source distribution, built off line from the assets that are there."""
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def test_lock_has_hashes_and_no_addresses():
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    # What is left are the authors' funding pages.
    assert set(re.findall(r"https?://([^/]+)/", text)) <= {"github.com", "opencollective.com"}
    packages = json.loads(text)["packages"]
    assert len(packages) > 5
    assert all("integrity" in entry for name, entry in packages.items() if name)


def test_wheel_contains_the_assets(packages):
    with zipfile.ZipFile(packages[0]) as wheel:
        names = set(wheel.namelist())
        for file in assets.outputs(WEB):
            assert file.relative_to(ROOT / "src").as_posix() in names
        assert "jiandao/web/locale/zh_Hans/LC_MESSAGES/django.mo" in names
        assert "jiandao/web/static/jiandao/jiandao.css" in names
        assert "jiandao/web/templates/base.html" in names
        assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]
        style = wheel.read("jiandao/web/static/vendor/tabler.min.css").decode()
        assert ".card-header" in style
        for file in ("tabler.min.css", "htmx.min.js", "echarts.min.js"):
            content = wheel.read(f"jiandao/web/static/vendor/{file}")
            assert len(content) > 40_000
            assert b"sourceMappingURL" not in content
        table = wheel.read("jiandao/engines/matching/data/traditional.tsv")
        assert "气\t氣" in table.decode()
        assert b"Open Font License" in wheel.read("jiandao/web/fonts/OFL.txt").replace(
            b"OPEN FONT LICENSE", b"Open Font License"
        )
        font = TTFont(io.BytesIO(wheel.read("jiandao/web/fonts/NotoSansSC-Regular.ttf")))
    characters = font.getBestCmap()
    for text in ("尖刀工程碳化硅", "喆镕堃玥", "μΩα±≤≥℃㎡", "（）《》“”、。—…", "ABC 0123,.%/"):
        assert [c for c in text if ord(c) not in characters] == []


def test_source_distribution_builds_without_the_network(packages):
    with tarfile.open(packages[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"package.json", "package-lock.json", ".npmrc", "hatch_build.py", "pyproject.toml"} <= names
    assert "src/jiandao/web/static/vendor/STAMP" in names
    assert not [name for name in names if "node_modules" in name]


def test_building_again_does_nothing_and_takes_no_time():
    start = time.perf_counter()
    assert assets.build(ROOT) is False
    assert time.perf_counter() - start < 1


def test_each_icon_of_the_sprite_is_there_once():
    sprite = (WEB / "static" / "vendor" / "icons.svg").read_text(encoding="utf-8")
    assert len(set(assets.ICONS)) == len(assets.ICONS)
    for name in assets.ICONS:
        assert sprite.count(f'<symbol id="{name}" ') == 1


def test_npm_that_reaches_no_registry_is_told_in_one_sentence(tmp_path, monkeypatch):
    for file in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    (tmp_path / "src" / "jiandao" / "web").mkdir(parents=True)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(assets.AssetsError, match="npm could not fetch the web assets") as caught:
        assets.build(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "src" / "jiandao" / "web" / "static" / "vendor" / "STAMP").exists()


def test_icon_that_no_package_has_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "ICONS", ["no-such-icon"])
    with pytest.raises(assets.AssetsError, match="no icon named no-such-icon"):
        assets._sprite(tmp_path)


def test_catalogues_are_compiled_once(tmp_path):
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "Yes"\nmsgstr "是"\n', encoding="utf-8")
    assert [file.name for file in assets.compile_catalogues(tmp_path)] == ["django.mo"]
    assert assets.compile_catalogues(tmp_path) == []
