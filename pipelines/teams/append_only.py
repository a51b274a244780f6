"""Triggers that refuse to change or delete what was written to the audit log.

A migration that alters these tables has to end with `create`: SQLite makes such a table anew,
without its triggers.
"""

from typing import Any

TABLES = ("teams_auditentry", "teams_auditseal")
_REFUSAL = "The audit log is append-only: its entries can be neither changed nor deleted."


def create(connection: Any) -> None:
    """Put the triggers in place, where they are not yet."""
    drop(connection)
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


def drop(connection: Any) -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for event in _events(connection.vendor):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}{on}")


def missing(connection: Any) -> list[str]:
    """The triggers that should be there and are not, or are disabled."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    wanted = [f"{table}_no_{event}" for table in TABLES for event in _events(connection.vendor)]
    return [name for name in wanted if name not in there]


def _events(vendor: str) -> tuple[str, ...]:
    return ("update", "delete", "truncate") if vendor == "postgresql" else ("update", "delete")


def _statements(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [
            "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
            *(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
                for table in TABLES
                for event in _events(vendor)
            ),
        ]
    return [
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for table in TABLES
        for event in _events(vendor)
    ]
