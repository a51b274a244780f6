"""Training, predicting and evaluating on real datasets."""

from pathlib import Path
from typing import Any

import pandas as pd
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


def test_folds_share_the_rows_out(examples: Examples) -> None:
    parts = [
        examples.run("ml/fold", params={"number": number, "folds": 3}).outputs
        for number in (1, 2, 3)
    ]
    tests, trains = ([frame_of(part[port]) for part in parts] for port in ("test", "train"))
    iris = frame_of(examples.run("core/dataset", params={"name": "iris"}).outputs["table"])
    together = pd.concat(tests)
    columns = list(iris.columns)
    assert (
        together.sort_values(columns).values.tolist() == iris.sort_values(columns).values.tolist()
    )
    assert [len(train) for train in trains] == [100, 100, 100]
    for test in tests:
        assert test["species"].value_counts().between(16, 17).all()


def test_a_grid_has_every_combination_and_a_random_search_different_ones(
    examples: Examples,
) -> None:
    values = {"a": [1, 2], "b": ["x", "y", "z"]}

    def tried(**params: Any) -> list[dict[str, Any]]:
        made = examples.run("ml/parameter_grid", params={"values": values, **params})
        return list(made.outputs["result"])

    every = [{"a": a, "b": b} for a in (1, 2) for b in "xyz"]
    assert tried() == every
    assert tried(search="random", samples=6) == every
    drawn = tried(search="random", samples=4, seed=1)
    assert len({str(each) for each in drawn}) == 4
    assert all(each in every for each in drawn)
    assert drawn == tried(search="random", samples=4, seed=1)


def test_scores_have_a_mean_and_the_deviation_of_a_sample(examples: Examples) -> None:
    scores = [{"accuracy": 0.8, "model": "tree"}, {"accuracy": 0.9}, {"accuracy": 1.0}]
    made = examples.run("ml/summarize_scores", inputs={"scores": scores})
    assert made.outputs["metrics"] == pytest.approx(
        {"scores": 3, "accuracy": 0.9, "accuracy_deviation": 0.1}
    )
    assert frame_of(made.outputs["table"])["number"].tolist() == [1, 2, 3]
    alone = examples.run("ml/summarize_scores", inputs={"scores": scores[:1]})
    assert alone.outputs["metrics"]["accuracy_deviation"] == 0


def test_rounds_go_on_from_their_checkpoint_and_stop_when_it_is_no_use(examples: Examples) -> None:
    first = examples.run("ml/train_more", params={"patience": 1})
    second = examples.run(
        "ml/train_more",
        params={"patience": 1},
        inputs={
            "checkpoint": first.as_input("checkpoint"),
            "history": first.outputs["history"],
        },
    )
    assert second.outputs["metrics"]["round"] == 2
    assert second.outputs["history"][0] == first.outputs["history"][0]
    assert second.outputs["history"][1] < first.outputs["history"][0]
    assert second.outputs["stop"] is False
    unbeatable = examples.run("ml/train_more", params={"patience": 1}, inputs={"history": [0.0001]})
    assert unbeatable.outputs["stop"] is True


def test_the_best_checkpoint_is_handed_on_and_not_the_last(examples: Examples) -> None:
    """With steps as large as these the second round is worse than the first."""
    params = {"patience": 1, "learning_rate": 50.0}
    first = examples.run("ml/train_more", params=params)
    given = {
        "checkpoint": first.as_input("checkpoint"),
        "history": first.outputs["history"],
    }
    second = examples.run("ml/train_more", params=params, inputs=given)
    losses = second.outputs["history"]
    assert losses[1] > losses[0]
    assert second.outputs["stop"] is True
    tried = {
        port: examples.run("ml/evaluate", inputs={"model": second.as_input(port)}).outputs[
            "metrics"
        ]
        for port in ("best", "checkpoint")
    }
    assert first.outputs["metrics"]["accuracy"] != second.outputs["metrics"]["accuracy"]
    assert tried["best"]["accuracy"] == first.outputs["metrics"]["accuracy"]
    assert tried["checkpoint"]["accuracy"] == second.outputs["metrics"]["accuracy"]
    assert second.outputs["best"]["facts"]["rounds"] == 1


def test_what_was_deployed_is_told_and_numbered(examples: Examples, tmp_path: Path) -> None:
    folder = {"folder": str(tmp_path / "served")}
    assert examples.run("ml/deployed", params=folder).outputs == {"metrics": {}, "version": 0}
    for version in (1, 2):
        metrics = {"accuracy": version / 2}
        made = examples.run("ml/deploy", params=folder, inputs={"metrics": metrics})
        assert made.outputs["version"] == version
        assert Path(made.outputs["path"]).stat().st_size > 0
        told = examples.run("ml/deployed", params=folder).outputs
        assert told == {"metrics": metrics, "version": version}
    assert sorted(file.name for file in (tmp_path / "served").iterdir()) == [
        "current.json", "v1.model", "v2.model",
    ]  # fmt: skip
    (tmp_path / "served" / "current.json").write_text("{}")
    broken = examples.run("ml/deployed", params=folder)
    assert broken.error is not None
    assert "is not what *Deploy a model* writes" in broken.error["message"]


def frame_of(output: dict[str, Any]) -> pd.DataFrame:
    return pq.read_table(output["path"]).to_pandas()


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
        ("ml/fold", {"number": 6}, {}, "There are 5 folds; number 6 is none of them"),
        ("ml/fold", {"stratify": "colour"}, {}, "There is no column `colour`"),
        ("ml/parameter_grid", {"values": {"a": 3}}, {}, "`a` needs a list of values"),
        ("ml/summarize_scores", {"only": "auc"}, {}, "hold no number called `auc`"),
        ("ml/train_more", {"target": "colour"}, {}, "There is no column `colour`"),
        ("ml/deploy", {"folder": "/dev/null/models"}, {}, "cannot be written to"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(
    examples: Examples, name: str, params: dict[str, Any], inputs: dict[str, Any], says: str
) -> None:
    made = examples.run(name, params=params, inputs=inputs)
    assert made.code == 1
    assert made.error is not None
    assert says in made.error["message"]
