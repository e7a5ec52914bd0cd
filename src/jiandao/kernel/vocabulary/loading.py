"""Loading the vocabularies that the code brings: one file a vocabulary, one line a term."""

import csv
from datetime import date
from importlib.resources import files

from jiandao.kernel.vocabulary.models import Term


def load_vocabularies() -> int:
    """Bring the terms of all files into the database; returns how many were new or changed.

    A term is known by vocabulary, edition and code. Nothing is ever removed: records keep their term, and an edition
    that is over gets a `valid_to`. Parents stand above their children in the file.
    """
    kept = {(term.vocabulary, term.edition, term.code): term for term in Term.objects.select_related("parent")}
    changed = 0
    for file in sorted(files(__package__).joinpath("data").iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".tsv"):
            continue
        vocabulary = file.name.removesuffix(".tsv")
        rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t")
        for position, row in enumerate(rows, start=1):
            key = (vocabulary, row["edition"], row["code"])
            term = kept.get(key) or Term(vocabulary=vocabulary, edition=row["edition"], code=row["code"])
            values = {
                "label_zh": row["label_zh"],
                "label_en": row["label_en"],
                "parent": kept[vocabulary, row["edition"], row["parent"]] if row["parent"] else None,
                "position": position,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "source": row["source"],
                "verified": row["verified"] == "yes",
                "note": row["note"],
            }
            if term.pk is None or any(getattr(term, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(term, name, value)
                term.save()
                changed += 1
            kept[key] = term
    return changed
