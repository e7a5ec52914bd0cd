"""The package's own small dictionaries: TSV files with a head line and a `source` column."""

from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """Rows of one file of `data/`, as dictionaries by the names of its head line."""
    lines = (files(__package__) / "data" / name).read_text(encoding="utf-8").splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:]]
