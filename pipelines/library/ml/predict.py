from typing import Annotated

import pandas as pd

from pipelines.sdk import Failure, Model, Param, component
from pipelines.sdk.learning import features_of


@component(title="Predict", category="Evaluate", icon="wand-sparkles")
def predict(
    model: Model,
    table: pd.DataFrame,
    *,
    column: Annotated[
        str, Param(title="Column", help="Name of the column with the predictions", min_length=1)
    ] = "prediction",
    probabilities: Annotated[
        bool,
        Param(title="With confidence", help="Add how sure a classifier is, from 0 to 1"),
    ] = True,
) -> pd.DataFrame:
    """Predict with a trained model for every row of a table.

    Args:
        model: The trained model.
        table: Rows with the columns that the model was trained on.

    Returns:
        The rows with the predictions.

    Examples:
        Which iris is it:
            inputs:
                model: model of ml/train_classifier
                table: test of ml/split
    """
    fitted = model.load()
    x = features_of(table, model.facts.get("features") or [])
    try:
        table[column] = fitted.predict(x)
    except ValueError as error:
        raise Failure(f"The model cannot predict for these rows: {error}") from error
    if probabilities and hasattr(fitted, "predict_proba"):
        table[f"{column}_confidence"] = fitted.predict_proba(x).max(axis=1)
    print(f"predicted {len(table):,} rows with {model.facts.get('estimator')}")
    return table
