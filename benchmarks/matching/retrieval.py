"""The labelled texts that retrieval is measured on; read from the shared data, never copied."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def csl(folder: Path) -> tuple[list[Row], list[Row]]:
    """The labelled papers of CSL's given part, and the abstracts beside them."""
    return lines(folder / "csl_dev.jsonl"), lines(folder / "cslkw_distractors.jsonl") + lines(
        folder / "csldcp_distractors.jsonl"
    )


def lines(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
