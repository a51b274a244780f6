"""Training, predicting and evaluating on real datasets."""

from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.library import Examples

CLASSIFIERS = [
    "logistic_regression", "random_forest", "gradient_boosting", "decision_tree",
    "nearest_neighbours", "naive_bayes", "support_vectors",
]  # fmt: skip
REGRESSORS = [
    "linear", "ridge", "random_forest", "gradient_boosting", "decision_tree",
    "nearest_neighbours", "support_vectors",
]  # fmt: skip


def test_a_split_keeps_every_row_once_and_the_shares(examples: Examples) -> None:
    made = examples.run("ml/split")
    parts = [pq.read_table(made.outputs[port]["path"]).to_pandas() for port in ("train", "test")]
    assert [len(part) for part in parts] == [112, 38]
    assert parts[1]["species"].value_counts().max() == 13
    again = examples.run("ml/split")
    assert pq.read_table(again.outputs["test"]["path"]).equals(
        pq.read_table(made.outputs["test"]["path"])
    )


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_every_classifier_learns_irises(examples: Examples, model: str) -> None:
    made = examples.run("ml/train_classifier", params={"model": model})
    assert made.code == 0, made.stderr
    facts = made.outputs["model"]["facts"]
    assert facts["classes"] == ["setosa", "versicolor", "virginica"]
    assert facts["target"] == "species"
    assert len(facts["features"]) == 4
    assert facts["metrics"]["train_accuracy"] > 0.9
    scored = examples.run("ml/evaluate", inputs={"model": made.as_input("model")})
    assert scored.code == 0, scored.stderr
    assert scored.outputs["metrics"]["accuracy"] > 0.85
    recorded = {name for record in scored.records for name in record["metric"]}
    assert recorded == {"accuracy", "precision", "recall", "f1"}
    matrix = pq.read_table(scored.outputs["table"]["path"]).to_pandas()
    assert matrix["rows"].sum() == 38


@pytest.mark.parametrize("model", REGRESSORS)
def test_every_regressor_learns_temperatures(examples: Examples, model: str) -> None:
    weather = "table of core/dataset(name=seattle_weather)"
    made = examples.run(
        "ml/train_regressor",
        params={"model": model, "target": "temp_max"},
        inputs={"table": weather},
    )
    assert made.code == 0, made.stderr
    scored = examples.run("ml/evaluate", inputs={"model": made.as_input("model"), "table": weather})
    assert scored.code == 0, scored.stderr
    # Text, dates and numbers are all used; the colder hours alone explain most of it.
    assert scored.outputs["metrics"]["r2"] > 0.7
    assert scored.outputs["metrics"]["root_mean_squared_error"] < 4


def test_predictions_come_with_confidence(examples: Examples) -> None:
    made = examples.run("ml/predict", params={"column": "guess"})
    table = pq.read_table(made.outputs["table"]["path"]).to_pandas()
    assert (table["guess"] == table["species"]).mean() > 0.85
    assert table["guess_confidence"].between(0.3, 1).all()


def test_cross_validation_logs_each_fold(examples: Examples) -> None:
    made = examples.run("ml/cross_validate")
    assert made.outputs["metrics"]["accuracy"] > 0.9
    steps = [record["step"] for record in made.records if record.get("metric") == "accuracy"]
    assert steps == [1, 2, 3, 4, 5]
    assert [record["progress"] for record in made.records if "progress" in record][-1] == 1


@pytest.mark.parametrize(
    ("metric", "values", "position"),
    [("accuracy", [0.8, 0.9], 2), ("mean_absolute_error", [3.0, 4.0], 1)],
)
def test_the_best_model_wins(
    examples: Examples, metric: str, values: list[float], position: int
) -> None:
    metrics = [{metric: value} for value in values]
    made = examples.run("ml/choose_best", params={"metric": metric}, inputs={"metrics": metrics})
    assert made.outputs["position"] == position
    assert made.outputs["metrics"] == metrics[position - 1]
    estimator = made.outputs["model"]["type"]
    assert estimator == "model"


@pytest.mark.parametrize(
    ("name", "params", "inputs", "says"),
    [
        ("ml/train_classifier", {"target": "colour"}, {}, "There is no column `colour`"),
        ("ml/train_classifier", {"features": ["colour"]}, {}, "There is no column `colour`"),
        ("ml/train_classifier", {"options": {"depth": 3}}, {}, "has no option `depth`; it has"),
        ("ml/train_regressor", {"target": "species"}, {"table": "table of core/dataset(name=iris)"}, "train a classifier"),
        ("ml/train_classifier", {"target": "temp_max"}, {"table": "table of core/dataset(name=seattle_weather)"}, "train a regressor"),
        ("ml/split", {"stratify": "colour"}, {}, "There is no column `colour`"),
        ("ml/predict", {}, {"table": "table of core/dataset(name=wine)"}, "There is no column `sepal_length_cm`"),
        ("ml/choose_best", {"metric": "auc"}, {}, "have no `auc`; they have"),
        ("ml/choose_best", {}, {"metrics": [{"accuracy": 1}]}, "2 models and 1 metrics"),
        ("ml/cross_validate", {"model": "linear"}, {}, "`linear` is for regression"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(
    examples: Examples, name: str, params: dict[str, Any], inputs: dict[str, Any], says: str
) -> None:
    made = examples.run(name, params=params, inputs=inputs)
    assert made.code == 1
    assert made.error is not None
    assert says in made.error["message"]
