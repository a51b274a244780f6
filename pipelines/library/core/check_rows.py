from typing import Annotated, Literal, NamedTuple

from pipelines.sdk import Failure, Param, Table, component
from pipelines.sdk.duck import Duck


class Checked(NamedTuple):
    """The outcome of the check.

    Attributes:
        table: The same rows, to go on with.
        violations: How many rows break the rule.
        ok: Whether none does.
    """

    table: Table
    violations: int
    ok: bool


@component(title="Check rows", category="Control", icon="shield-check")
def check_rows(
    table: Table,
    *,
    rule: Annotated[
        str,
        Param(
            title="Every row must have",
            help="A condition on the columns, as in SQL",
            min_length=1,
            format="code",
            language="sql",
        ),
    ],
    minimum_rows: Annotated[
        int, Param(title="At least this many rows", help="0 allows an empty table", minimum=0)
    ] = 1,
    otherwise: Annotated[
        Literal["fail", "report"],
        Param(title="Otherwise", help="fail: stop the step; report: go on and say so"),
    ] = "fail",
) -> Checked:
    """Check that every row fulfils a rule, and stop or report when one does not.

    A rule that is unknown for a row because of a missing value counts as broken.

    Args:
        table: The rows to check.

    Examples:
        Temperatures make sense:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                rule: temp_min <= temp_max and temp_max between -50 and 60
    """
    with Duck({"data": table}) as duck:
        broken = duck.rows(f"SELECT count(*) AS n FROM data WHERE (({rule}\n) IS NOT TRUE)")[0]["n"]
        shown = duck.rows(f"SELECT * FROM data WHERE (({rule}\n) IS NOT TRUE) LIMIT 3")
    few = table.rows < minimum_rows
    for row in shown:
        print(f"breaks the rule: {row}")
    if few and otherwise == "fail":
        raise Failure(f"There are {table.rows:,} rows; at least {minimum_rows:,} are needed.")
    if broken and otherwise == "fail":
        raise Failure(f"{broken:,} of {table.rows:,} rows break the rule `{rule}`; see the log.")
    print(f"{table.rows - broken:,} of {table.rows:,} rows fulfil the rule")
    return Checked(table=table, violations=broken, ok=not broken and not few)
