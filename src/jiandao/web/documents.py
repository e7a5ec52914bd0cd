"""Documents about the running code: its lifecycles as diagrams, its rules and doors as tables (Markdown)."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle.table import lifecycles as tables
from jiandao.kernel.policy import registered_rules


def lifecycles() -> str:
    """One Mermaid diagram and one table a kind of record."""
    parts = []
    for table in tables().values():
        lines = ["stateDiagram-v2", f"    [*] --> {table.initial}"]
        rows = ["| verb | from | to | rule | guards | reason asked |", "|---|---|---|---|---|---|"]
        for one in table.transitions:
            for source in sorted(one.sources):
                lines.append(f"    {source} --> {one.target}: {one.label}")
            guards = ", ".join(guard.code for guard in one.guards) or "—"
            sources = ", ".join(str(table.state_label(code)) for code in sorted(one.sources))
            rows.append(
                f"| {one.label} | {sources} | {table.state_label(one.target)} | `{one.rule.code}` | {guards} | "
                f"{'✓' if one.asks_reason else '—'} |"
            )
        for derived in table.derived:
            lines.append(f"    {' / '.join(sorted(derived.of))} --> {derived.state.code}: ⏱")
        diagram = "\n".join(lines)
        parts.append(f"## {table.label} (`{table.kind}`)\n\n```mermaid\n{diagram}\n```\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def permissions() -> str:
    """Every rule with its sentence, who may under which relation, state and level; then every door and its rule."""
    rows = ["| rule | sentence | role | relation | states | levels |", "|---|---|---|---|---|---|"]
    for rule in registered_rules().values():
        for clause in rule.clauses:
            roles = ", ".join(str(Role(role).label) for role in sorted(clause.roles))
            states = ", ".join(sorted(clause.states)) if clause.states is not None else "—"
            levels = ", ".join(sorted(clause.levels)) if clause.levels is not None else "—"
            rows.append(
                f"| `{rule.code}` | {rule.sentence} | {roles} | {clause.relation.sentence} | {states} | {levels} |"
            )
    doors = ["", "| address | methods | rule |", "|---|---|---|"]
    for address, door in routes():
        methods, code = (", ".join(door.methods), f"`{door.rule.code}`") if door else ("", "—")
        doors.append(f"| `{address}` | {methods} | {code} |")
    return "\n".join([*rows, *doors, ""])


def routes() -> Iterator[tuple[str, Any]]:
    """Every address of the site with its door (none: a page of a library, listed in `tests/web/open_doors.tsv`)."""

    def walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, prefix + str(one.pattern))
            elif isinstance(one, URLPattern):
                yield prefix + str(one.pattern), getattr(one.callback, "door", None)

    yield from walk(get_resolver().url_patterns, "/")
