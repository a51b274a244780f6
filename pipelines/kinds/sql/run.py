"""Runs an sql component: one statement with bound values, rows out as a table."""

from collections.abc import Mapping
from typing import Any

from pipelines.sdk import Failure, Table
from pipelines.sdk.database import Database

from ..contract import Step, StepFailed
from ..inputs import decode
from ..outputs import encode_all


def run(step: Step) -> Mapping[str, Any]:
    """Run the statement in a transaction and give its rows, or how many rows it changed.

    Table outputs get the rows, `json` and `list` outputs the rows as records, scalar outputs the
    first value of the first row (or, for a statement without rows, how many it changed).
    Parameters and value inputs are bound by name; a parameter named by `values_parameter` holds
    more of them. Raises StepFailed, with the database's own words.
    """
    values = {name: decode(name, raw, "text") for name, raw in step.inputs.items()}
    values.update(step.params)
    more = step.params.get(str(step.implementation.get("values_parameter")))
    values.update(more if isinstance(more, Mapping) else {})
    try:
        with Database(_setting(step, "database"), _connection(step)) as database:
            rows = database.query(_setting(step, "query"), values)
            outputs = {
                str(port["name"]): _output(str(port.get("type", "any")), rows)
                for port in step.spec.get("outputs") or ()
            }
    except Failure as failure:
        raise StepFailed("exception", str(failure)) from failure
    return encode_all(step, outputs)


def _setting(step: Step, name: str) -> str:
    parameter = step.implementation.get(f"{name}_parameter")
    return str(
        step.params.get(parameter) or "" if parameter else step.implementation.get(name) or ""
    )


def _connection(step: Step) -> str:
    parameter = step.implementation.get("connection_parameter")
    return str(step.params.get(parameter) or "") if parameter else ""


def _output(kind: str, rows: Table) -> Any:
    if kind in ("table", "any"):
        return rows
    records = rows.to_arrow().to_pylist()
    if kind in ("json", "list"):
        return records
    if not records:
        raise Failure("The query gave no rows, so there is no value for the output.")
    return next(iter(records[0].values()), None)
