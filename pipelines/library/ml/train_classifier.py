from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pandas as pd
from sklearn.metrics import accuracy_score

from pipelines.sdk import Model, Param, component, log_metric
from pipelines.sdk.learning import estimator, features_of, target_of


@component(title="Train a classifier", category="Train", icon="shapes")
def train_classifier(
    table: pd.DataFrame,
    *,
    target: Annotated[
        str,
        Param(
            title="Target",
            help="The column of categories to predict",
            format="column",
            min_length=1,
        ),
    ],
    features: Annotated[
        Sequence[str],
        Param(
            title="Features",
            help="Columns to predict it from; leave empty for all others",
            format="columns",
        ),
    ] = (),
    model: Annotated[
        Literal[
            "logistic_regression",
            "random_forest",
            "gradient_boosting",
            "decision_tree",
            "nearest_neighbours",
            "naive_bayes",
            "support_vectors",
        ],
        Param(title="Model", help="Which kind of model to train"),
    ] = "random_forest",
    options: Annotated[
        Mapping[str, Any] | None,
        Param(
            title="Options",
            help="The model's own settings, named as in scikit-learn",
            examples=[{"n_estimators": 300, "max_depth": 8}],
        ),
    ] = None,
    seed: Annotated[
        int, Param(title="Seed", help="The same seed gives the same model", minimum=0)
    ] = 0,
) -> Model:
    """Train a model that predicts a category, such as a species or yes and no.

    Columns are prepared by themselves: missing numbers get the median, numbers are scaled,
    categories become one column each (up to 50), dates become numbers. All of this is part of the
    model, so new rows only need the same columns.

    Args:
        table: The rows to learn from.

    Returns:
        The trained model.

    Examples:
        Tell irises apart:
            inputs:
                table: train of ml/split
            params:
                target: species
                model: logistic_regression
        Tomorrow's weather by a forest:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                target: weather
                model: random_forest
                options: {n_estimators: 50, max_depth: 8}
    """
    y = target_of(table, target, "classification")
    x = features_of(table, features, target)
    fitted = estimator("classification", model, options or {}, seed).fit(x, y)
    score = float(accuracy_score(y, fitted.predict(x)))
    log_metric("train_accuracy", score)
    print(f"trained {model} on {len(x):,} rows with {len(x.columns)} features")
    return Model.of(
        fitted,
        facts={
            "estimator": type(fitted.named_steps["model"]).__name__,
            "task": "classification",
            "target": target,
            "features": list(x.columns),
            "classes": fitted.classes_.tolist(),
            "rows": len(x),
            "metrics": {"train_accuracy": score},
        },
    )
