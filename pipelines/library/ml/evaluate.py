from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from sklearn import metrics as scores

from pipelines.sdk import Failure, Image, Json, Model, Param, component, log_metric
from pipelines.sdk.learning import Task, features_of
from pipelines.sdk.plots import plot


class Evaluation(NamedTuple):
    """How good the model is.

    Attributes:
        metrics: Accuracy, precision, recall and F1, or R², mean errors, with the model's name.
        image: The confusion matrix, or predictions against the truth.
        table: The numbers of the picture.
    """

    metrics: Json
    image: Image
    table: pd.DataFrame


@component(title="Evaluate a model", category="Evaluate", icon="gauge")
def evaluate(
    model: Model,
    table: pd.DataFrame,
    *,
    target: Annotated[
        str,
        Param(
            title="Target",
            help="The column with the truth; leave empty for the one the model was trained on",
            format="column",
        ),
    ] = "",
) -> Evaluation:
    """Compare a model's predictions with the truth, on rows that it has not seen.

    Classifiers get accuracy, precision, recall, F1 (averaged over the classes) and a confusion
    matrix; regressors get R², mean absolute error and root mean squared error.

    Args:
        model: The trained model.
        table: Rows with the features and the truth.

    Examples:
        A classifier of irises:
            inputs:
                model: model of ml/train_classifier
                table: test of ml/split
        A regressor of diabetes:
            inputs:
                model: model of ml/train_regressor
                table: table of core/dataset(name=diabetes)
    """
    fitted = model.load()
    truth = target or str(model.facts.get("target") or "")
    if not truth:
        raise Failure("The model does not say what it predicts; name the target column.")
    is_classifier = hasattr(fitted, "classes_")
    task: Task = "classification" if is_classifier else "regression"
    if truth not in table.columns:
        raise Failure(f"The rows have no column `{truth}` with the truth.")
    x = features_of(table, model.facts.get("features") or [], truth)
    y = table[truth]
    if y.isna().any():
        raise Failure(
            f"The truth in `{truth}` is missing in {y.isna().sum():,} rows; drop them first."
        )
    if not pd.api.types.is_numeric_dtype(y):
        if not is_classifier:
            raise Failure(f"`{truth}` is not a number, but the model predicts numbers.")
        y = y.astype(str)
    predicted = fitted.predict(x)
    if is_classifier:
        found = {
            "accuracy": scores.accuracy_score(y, predicted),
            "precision": scores.precision_score(y, predicted, average="macro", zero_division=0),
            "recall": scores.recall_score(y, predicted, average="macro", zero_division=0),
            "f1": scores.f1_score(y, predicted, average="macro", zero_division=0),
        }
        image, details = _confusion(y, predicted, fitted.classes_)
    else:
        found = {
            "r2": scores.r2_score(y, predicted),
            "mean_absolute_error": scores.mean_absolute_error(y, predicted),
            "root_mean_squared_error": scores.root_mean_squared_error(y, predicted),
        }
        image, details = _scatter(truth, y, predicted)
    numbers = {name: float(value) for name, value in found.items()}
    log_metric(numbers)
    for name, value in numbers.items():
        print(f"{name}: {value:.4f}")
    summary = {
        "model": model.facts.get("estimator"),
        "task": task,
        "target": truth,
        "rows": len(y),
        **numbers,
    }
    return Evaluation(metrics=summary, image=image, table=details)


def _confusion(
    truth: pd.Series, predicted: np.ndarray, classes: np.ndarray
) -> tuple[Image, pd.DataFrame]:
    labels = sorted({*classes.tolist(), *truth.tolist()}, key=str)
    matrix = scores.confusion_matrix(truth, predicted, labels=labels)
    size = min(12.0, 4.5 + 0.55 * len(labels))
    with plot("Confusion matrix", width=size + 1, height=size) as drawing:
        axes = drawing.axes
        axes.grid(visible=False)
        axes.imshow(matrix, cmap="Blues")
        axes.set_xticks(
            range(len(labels)), [str(label) for label in labels], rotation=45, ha="right"
        )
        axes.set_yticks(range(len(labels)), [str(label) for label in labels])
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        for (row, column), count in np.ndenumerate(matrix):
            dark = count > matrix.max() / 2
            axes.text(
                column,
                row,
                f"{count}",
                ha="center",
                va="center",
                color="white" if dark else "#101828",
            )
        image = drawing.save("confusion-matrix.png")
    table = pd.DataFrame(
        [
            {"true": str(labels[row]), "predicted": str(labels[column]), "rows": int(count)}
            for (row, column), count in np.ndenumerate(matrix)
        ]
    )
    return image, table


def _scatter(name: str, truth: pd.Series, predicted: np.ndarray) -> tuple[Image, pd.DataFrame]:
    table = pd.DataFrame({"true": truth.to_numpy(), "predicted": predicted})
    with plot("Predictions against the truth", width=6.6, height=6) as drawing:
        axes = drawing.axes
        axes.scatter(table["true"], table["predicted"], s=18, alpha=0.6)
        low, high = table.to_numpy().min(), table.to_numpy().max()
        axes.plot([low, high], [low, high], color="#667085", linestyle="--", linewidth=1)
        axes.set_xlabel(f"true {name}")
        axes.set_ylabel(f"predicted {name}")
        image = drawing.save("predictions.png")
    return image, table
