from typing import Annotated, Any, NamedTuple

from pipelines.sdk import Failure, Json, Model, Param, component, log_metric

SMALLER_IS_BETTER = ("error", "loss", "deviation")


class Best(NamedTuple):
    """The winner.

    Attributes:
        model: The best model.
        metrics: Its metrics.
        position: Which of the connected models it is, counted from 1.
    """

    model: Model
    metrics: Json
    position: int


@component(title="Choose the best model", category="Evaluate", icon="trophy")
def choose_best(
    models: list[Model],
    metrics: list[Json],
    *,
    metric: Annotated[
        str,
        Param(
            title="Metric",
            help="What to compare, such as accuracy, f1, r2 or mean_absolute_error; of errors the "
            "smallest wins, of everything else the largest",
            min_length=1,
        ),
    ] = "accuracy",
) -> Best:
    """Keep the one of several models that has the best metric.

    Connect models and metrics in the same order: the first metrics belong to the first model.

    Args:
        models: The trained models.
        metrics: Their metrics, in the same order.

    Examples:
        A regression against a forest:
            inputs:
                models:
                    - model of ml/train_classifier(model=logistic_regression)
                    - model of ml/train_classifier(model=random_forest)
                metrics:
                    - metrics of ml/evaluate
                    - metrics of ml/cross_validate
            params:
                metric: accuracy
    """
    if len(models) != len(metrics):
        raise Failure(
            f"There are {len(models)} models and {len(metrics)} metrics; connect one metrics "
            "output for each model, in the same order."
        )
    values = []
    for number, found in enumerate(metrics, start=1):
        value: Any = found.get(metric) if isinstance(found, dict) else None
        if not isinstance(value, int | float):
            there = ", ".join(found) if isinstance(found, dict) else type(found).__name__
            raise Failure(f"The metrics number {number} have no `{metric}`; they have {there}.")
        values.append(float(value))
        print(f"model {number}: {metric} {value:.4f}")
    choose = min if any(word in metric for word in SMALLER_IS_BETTER) else max
    best = values.index(choose(values))
    log_metric(metric, values[best])
    print(f"model {best + 1} is the best")
    return Best(model=models[best], metrics=metrics[best], position=best + 1)
