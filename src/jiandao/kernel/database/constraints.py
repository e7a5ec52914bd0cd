"""Migration operations for promises that the database itself keeps, whoever writes to it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

from jiandao.kernel.database.config import app_role

_VERBS = ("UPDATE", "DELETE", "TRUNCATE")


class _OnModel(Operation):
    """An operation on one table that changes no state."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model: str) -> None:
        self.model = model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The promise is the database's alone; the models look the same."""

    def references_model(self, name: str, app_label: str) -> bool:
        return True  # keeps the optimiser from moving anything across

    def _run(self, schema_editor: BaseDatabaseSchemaEditor, statements: Sequence[str]) -> None:
        for statement in statements:
            schema_editor.execute(statement, params=None)


class SameProgramme(_OnModel):
    """Keeps the foreign key `field` of `model` from pointing at a record of another programme.

    Writes UNIQUE (id, programme_id) on the target, unless an earlier operation has, and
    FOREIGN KEY (<field>_id, programme_id) REFERENCES target (id, programme_id). It is checked at each statement.
    A null on either side passes.
    """

    def __init__(self, model: str, field: str, programme: str = "programme") -> None:
        super().__init__(model)
        self.field = field
        self.programme = programme

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        names = self._names(to_state.apps.get_model(app_label, self.model), schema_editor)
        self._run(
            schema_editor,
            (
                "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '{target}'::regclass"
                " AND conname = '{unique}') THEN ALTER TABLE {target}"
                ' ADD CONSTRAINT "{unique}" UNIQUE ({key}, {target_programme}); END IF; END $do$'.format(**names),
                'ALTER TABLE {table} ADD CONSTRAINT "{foreign}" FOREIGN KEY ({column}, {programme})'
                " REFERENCES {target} ({key}, {target_programme}) DEFERRABLE INITIALLY IMMEDIATE".format(**names),
            ),
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        names = self._names(from_state.apps.get_model(app_label, self.model), schema_editor)
        self._run(
            schema_editor,
            (
                'ALTER TABLE {table} DROP CONSTRAINT "{foreign}"'.format(**names),
                "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint AS f JOIN pg_constraint AS u"
                " ON f.conindid = u.conindid WHERE f.contype = 'f' AND u.conrelid = '{target}'::regclass"
                " AND u.conname = '{unique}') THEN ALTER TABLE {target}"
                ' DROP CONSTRAINT IF EXISTS "{unique}"; END IF; END $do$'.format(**names),
            ),
        )

    def describe(self) -> str:
        return f"Keep {self.model}.{self.field} within one {self.programme}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model}_{self.field}_same_{self.programme}".lower()

    def _names(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> dict[str, str]:
        quote = schema_editor.connection.ops.quote_name
        field = model._meta.get_field(self.field)
        target = field.related_model
        if not (isinstance(target, type) and issubclass(target, Model)) or not field.concrete:
            raise ValueError(f"SameProgramme: {self.model}.{self.field} is not a foreign key.")
        for side in (model, target):
            if self.programme not in {each.name for each in side._meta.fields}:
                raise ValueError(f"SameProgramme: {side._meta.object_name} has no field “{self.programme}”.")
        columns = (model._meta.get_field(self.programme), target._meta.get_field(self.programme))
        table, other = model._meta.db_table, target._meta.db_table
        return {
            "table": quote(table),
            "target": quote(other),
            "column": quote(_column(field)),
            "programme": quote(_column(columns[0])),
            "target_programme": quote(_column(columns[1])),
            "key": quote(_column(target._meta.pk)),
            "unique": _name(other, "same", self.programme, "uniq"),
            "foreign": _name(table, self.field, "same", self.programme),
        }


class AppendOnly(_OnModel):
    """Makes the database refuse UPDATE, DELETE and TRUNCATE on the table of `model`, to its owner too.

    allow
        Verbs that stay possible, of UPDATE, DELETE, TRUNCATE.
    columns
        Fields that an UPDATE may change, when it changes nothing else (an erasure replaces a text).

    The application's role loses the right, where there is such a role; a trigger refuses everybody else. Only a
    superuser who sets session_replication_role = replica passes it.
    """

    def __init__(self, model: str, allow: Sequence[str] = (), columns: Sequence[str] = ()) -> None:
        super().__init__(model)
        self.allow = tuple(allow)
        self.columns = tuple(columns)
        unknown = set(self.allow) - set(_VERBS)
        if unknown:
            raise ValueError(f"AppendOnly: allow takes UPDATE, DELETE, TRUNCATE, not {', '.join(sorted(unknown))}.")

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model)
        table = schema_editor.connection.ops.quote_name(model._meta.db_table)
        columns = [_column(model._meta.get_field(name)) for name in self.columns]
        refused = [verb for verb in _VERBS if verb not in self.allow]
        rows = [verb for verb in refused if verb != "TRUNCATE"]
        array = "{" + ",".join(f'"{column}"' for column in columns) + "}"
        statements = [_FUNCTION]
        if rows:
            statements.append(
                f"CREATE TRIGGER jd_append_only_rows BEFORE {' OR '.join(rows)} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION jd_append_only('{array}')"
            )
        if "TRUNCATE" in refused:
            statements.append(
                f"CREATE TRIGGER jd_append_only_table BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION jd_append_only('{}')"
            )
        if refused:
            statements.append(_if_role(f"REVOKE {', '.join(refused)} ON {table} FROM %I"))
        if columns and "UPDATE" in refused:
            listed = ", ".join(f'"{column}"' for column in columns)
            statements.append(_if_role(f"GRANT UPDATE ({listed}) ON {table} TO %I"))
        self._run(schema_editor, statements)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model)
        table = schema_editor.connection.ops.quote_name(model._meta.db_table)
        self._run(
            schema_editor,
            (
                f"DROP TRIGGER IF EXISTS jd_append_only_rows ON {table}",
                f"DROP TRIGGER IF EXISTS jd_append_only_table ON {table}",
                _if_role(f"GRANT UPDATE, DELETE ON {table} TO %I"),
                _DROP_FUNCTION,
            ),
        )

    def describe(self) -> str:
        return f"Refuse changes to the rows of {self.model}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model}_append_only".lower()


# 42501 (insufficient_privilege) is also what the application's role gets: one error for one promise.
_FUNCTION = """
CREATE OR REPLACE FUNCTION jd_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF TG_OP = 'UPDATE' AND cardinality(TG_ARGV[0]::text[]) > 0
        AND to_jsonb(NEW) - TG_ARGV[0]::text[] = to_jsonb(OLD) - TG_ARGV[0]::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: its rows are kept as they were written', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $body$
"""

_DROP_FUNCTION = """
DO $do$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = 'jd_append_only'::regproc) THEN
        DROP FUNCTION jd_append_only();
    END IF;
END $do$
"""


def _if_role(statement: str) -> str:
    """`statement` (with %I for the role) when the application's role exists: a deployment may have one role only."""
    role = app_role().replace("'", "''")
    return (
        f"DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
        f" THEN EXECUTE format($sql${statement}$sql$, '{role}'); END IF; END $do$"
    )


def _column(field: Any) -> str:
    return str(field.column)


def _name(*parts: str) -> str:
    """A constraint's name within PostgreSQL's 63 bytes, the same for the same parts."""
    joined = "_".join(parts)
    if len(joined.encode()) <= 63:
        return joined
    return f"{joined[:54]}_{hashlib.sha256(joined.encode()).hexdigest()[:8]}"
