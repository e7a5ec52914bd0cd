"""Build hook: makes the assets, catalogues and tables that the package contains but the repository does not."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs for wheels, source distributions and editable installs alike; does nothing when nothing changed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the assets, or stop the build with one sentence."""
        root = Path(self.root)
        # By path: the package is not installed yet.
        assets = runpy.run_path(str(root / "src" / "jiandao" / "web" / "assets.py"))
        characters = runpy.run_path(str(root / "src" / "jiandao" / "engines" / "matching" / "characters.py"))
        try:
            characters["build"](root)
            assets["build"](root)
        except (assets["AssetsError"], characters["CharactersError"]) as error:
            raise SystemExit(f"Jiandao was not built. {error}") from None
