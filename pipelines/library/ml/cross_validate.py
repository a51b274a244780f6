from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import pandas as pd
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold

from pipelines.sdk import Failure, Json, Param, component, log_metric, report_progress
from pipelines.sdk.learning import estimator, features_of, target_of


class Validation(NamedTuple):
    """How good such a model is on rows that it has not seen.

    Attributes:
        metrics: Mean and deviation of every score over the folds.
        table: The scores of each fold.
    """

    metrics: Json
    table: pd.DataFrame


@component(title="Cross-validate", category="Evaluate", icon="repeat")
def cross_validate(
    table: pd.DataFrame,
    *,
    target: Annotated[
        str, Param(title="Target", help="The column to predict", format="column", min_length=1)
    ],
    features: Annotated[
        Sequence[str],
        Param(
            title="Features",
            help="Columns to predict it from; leave empty for all others",
            format="columns",
        ),
    ] = (),
    task: Annotated[
        Literal["classification", "regression"],
        Param(title="Task", help="Predict a category or a number"),
    ] = "classification",
    model: Annotated[
        Literal[
            "random_forest",
            "gradient_boosting",
            "decision_tree",
            "nearest_neighbours",
            "support_vectors",
            "logistic_regression",
            "naive_bayes",
            "linear",
            "ridge",
        ],
        Param(
            title="Model",
            help="logistic_regression and naive_bayes classify; linear and ridge predict numbers",
        ),
    ] = "random_forest",
    options: Annotated[
        Mapping[str, Any] | None,
        Param(title="Options", help="The model's own settings, named as in scikit-learn"),
    ] = None,
    folds: Annotated[
        int,
        Param(
            title="Folds", help="Into how many parts the rows are divided", minimum=2, maximum=50
        ),
    ] = 5,
    seed: Annotated[
        int, Param(title="Seed", help="The same seed gives the same folds", minimum=0)
    ] = 0,
) -> Validation:
    """Train and test a kind of model several times, each time on another part of the rows.

    The mean says how good the model will be on new rows, the deviation how sure that is.

    Args:
        table: The rows to learn from and test with.

    Examples:
        Five folds of wine:
            inputs:
                table: table of core/dataset(name=wine)
            params:
                target: cultivar
                model: logistic_regression
    """
    kinds = {"logistic_regression": "classification", "naive_bayes": "classification"}
    kinds |= {"linear": "regression", "ridge": "regression"}
    if kinds.get(model, task) != task:
        raise Failure(f"`{model}` is for {kinds[model]}; choose another model or task.")
    y = target_of(table, target, task)
    x = features_of(table, features, target)
    if len(x) < folds:
        raise Failure(f"{len(x)} rows cannot be divided into {folds} folds.")
    unfitted = estimator(task, model, options or {}, seed)
    if task == "classification":
        names = {"accuracy": "accuracy", "f1": "f1_macro"}
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
        rarest = int(y.value_counts().min())
        if rarest < folds:
            raise Failure(f"A class has only {rarest} rows; use at most {max(2, rarest)} folds.")
    else:
        names = {"r2": "r2", "mean_absolute_error": "neg_mean_absolute_error"}
        parts = KFold(folds, shuffle=True, random_state=seed)
    rows = []
    for number, (train, test) in enumerate(parts.split(x, y), start=1):
        fitted = clone(unfitted).fit(x.iloc[train], y.iloc[train])
        row: dict[str, Any] = {"fold": number}
        for name, scorer in names.items():
            score = float(get_scorer(scorer)(fitted, x.iloc[test], y.iloc[test]))
            # scikit-learn negates errors, so that more is always better; people read them as they are.
            row[name] = -score if scorer.startswith("neg_") else score
            log_metric(name, row[name], step=number)
        print(f"fold {number}: " + ", ".join(f"{name} {row[name]:.4f}" for name in names))
        rows.append(row)
        report_progress(number / folds)
    scores = pd.DataFrame(rows)
    metrics: dict[str, Any] = {"model": model, "folds": folds}
    for name in names:
        metrics[name] = float(scores[name].mean())
        metrics[f"{name}_deviation"] = float(scores[name].std())
    return Validation(metrics=metrics, table=scores)
