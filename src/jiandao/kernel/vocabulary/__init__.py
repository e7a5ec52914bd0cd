"""Controlled vocabularies: id, labels, edition, validity, source. Records keep a term, so id and edition."""
