"""Controlled vocabularies: id, label in both languages, edition, validity, source. Records keep a term, so id and edition."""
