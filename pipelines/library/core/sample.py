from typing import Annotated

import pyarrow as pa
from numpy.random import default_rng

from pipelines.sdk import Failure, Param, component


@component(title="Sample rows", category="Transform", icon="dices")
def sample(
    table: pa.Table,
    *,
    rows: Annotated[
        int | None, Param(title="Rows", help="How many rows to take", minimum=1)
    ] = None,
    fraction: Annotated[
        float | None,
        Param(title="Fraction", help="Or which part of them, 0.1 is a tenth", minimum=0, maximum=1),
    ] = None,
    seed: Annotated[
        int, Param(title="Seed", help="The same seed takes the same rows", minimum=0)
    ] = 0,
) -> pa.Table:
    """Take some rows at random, in their order.

    Args:
        table: The rows to take from.

    Returns:
        The rows that were taken.

    Examples:
        A tenth of the days:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                fraction: 0.1
    """
    if (rows is None) == (fraction is None):
        raise Failure("Give either the number of rows or the fraction, one of the two.")
    wanted = rows if rows is not None else round((fraction or 0) * table.num_rows)
    wanted = min(wanted, table.num_rows)
    taken = default_rng(seed).choice(table.num_rows, size=wanted, replace=False)
    taken.sort()
    print(f"took {wanted:,} of {table.num_rows:,} rows")
    return table.take(pa.array(taken))
