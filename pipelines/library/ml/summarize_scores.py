from typing import Annotated, Any, NamedTuple

import pandas as pd

from pipelines.sdk import Failure, Json, Param, component, log_metric


class Summary(NamedTuple):
    """What the scores say together.

    Attributes:
        metrics: Mean and deviation of every number.
        table: The scores, one row for each.
    """

    metrics: Json
    table: pd.DataFrame


@component(title="Mean of scores", category="Evaluate", icon="sigma")
def summarize_scores(
    scores: list[Json],
    *,
    only: Annotated[
        str, Param(title="Only", help="One number's name; leave empty for all of them")
    ] = "",
) -> Summary:
    """Put the metrics of several evaluations together: mean and deviation of each number.

    The deviation is that of a sample (divided by n - 1), 0 for a single score.

    Args:
        scores: The metrics of each evaluation, such as those of the folds of a cross-validation.

    Examples:
        Two folds:
            inputs:
                scores: [{accuracy: 0.9}, {accuracy: 0.94}]
    """
    rows = [score for score in scores if isinstance(score, dict)]
    if not rows:
        raise Failure("There are no scores to put together.")
    table = pd.DataFrame([{"number": number, **_flat(row)} for number, row in enumerate(rows, 1)])
    names = [
        name
        for name in table.columns
        if name != "number"
        and pd.api.types.is_numeric_dtype(table[name])
        and not pd.api.types.is_bool_dtype(table[name])
        and only in ("", name)
    ]
    if not names:
        raise Failure(f"The scores hold no number{f' called `{only}`' if only else ''}.")
    metrics: dict[str, Any] = {"scores": len(rows)}
    for name in names:
        deviation = float(table[name].std()) if len(rows) > 1 else 0.0
        metrics[name] = float(table[name].mean())
        metrics[f"{name}_deviation"] = deviation
        log_metric(name, metrics[name])
        print(f"{name}: {metrics[name]:.4f} ± {deviation:.4f}")
    return Summary(metrics=metrics, table=table)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not isinstance(value, dict | list)}
