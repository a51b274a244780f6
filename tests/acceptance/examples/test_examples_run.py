"""The installed examples run to success on real data, as whoever starts Penstock finds them."""

from statistics import mean, stdev
from typing import Any

import pytest

from tests.support.stack import Stack, wait_until


def begin(stack: Stack, example: str, **parameters: Any) -> str:
    """The id of a new run of the example with this name."""
    with stack.api as api:
        found = api.get("/pipelines/", params={"search": example}).json()["results"]
        (pipeline,) = found
        answer = api.post(f"/pipelines/{pipeline['id']}/runs/", json={"parameters": parameters})
        assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def start(stack: Stack, example: str, **parameters: Any) -> dict[str, Any]:
    """A finished run of the example with this name."""
    return stack.wait_run(begin(stack, example, **parameters), seconds=90)


def states(run: dict[str, Any]) -> dict[str, str]:
    return {node["id"]: node["state"] for node in run["nodes"]}


def outputs(run: dict[str, Any], node: str) -> dict[str, Any]:
    (found,) = [each for each in run["nodes"] if each["id"] == node]
    return dict(found["outputs"])


def assert_success(run: dict[str, Any]) -> None:
    errors = [(node["id"], node["error"]) for node in run["nodes"] if node["error"]]
    assert run["state"] == "success", errors
    assert set(states(run).values()) == {"success"}, errors


def test_the_diamond_meets_again(stack: Stack) -> None:
    run = start(stack, "diamond", year=2014)
    assert_success(run)
    assert outputs(run, "together")["table"]["type"] == "table"


def test_the_better_model_is_kept(stack: Stack) -> None:
    run = start(stack, "train and choose", test_fraction=0.3)
    assert_success(run)
    best = outputs(run, "choose")
    tried = [outputs(run, node)["metrics"]["accuracy"] for node in ("try_regression", "try_forest")]
    assert best["metrics"]["accuracy"] == max(tried) > 0.9
    assert best["model"]["type"] == "model"


def test_the_shards_add_up_to_the_novel(stack: Stack) -> None:
    run = start(stack, "word count", novel="persuasion", letters=1)
    assert_success(run)
    assert outputs(run, "chart")["image"]["type"] == "image"
    assert len([node for node in run["nodes"] if node["component"] == "text/count_words@1"]) == 4


@pytest.mark.timeout(240)
def test_new_days_are_saved_once_and_told(stack: Stack) -> None:
    first = start(stack, "daily data")
    assert_success(first)
    assert outputs(first, "save")["rows"] == 1096
    assert "1096 new days" in outputs(first, "notify")["message"]
    assert outputs(first, "report")["report"]["type"] == "file"

    again = start(stack, "daily data")
    assert again["state"] == "success"
    waiting = ("transform", "save", "notify", "months", "chart", "report")
    assert [states(again)[node] for node in waiting] == ["skipped"] * 6
    assert outputs(again, "fresh")["rows"] == 0

    later = start(stack, "daily data", today="2015-01-31")
    assert_success(later)
    assert outputs(later, "save")["rows"] == 31


def test_the_mean_is_that_of_the_folds(stack: Stack) -> None:
    run = start(stack, "cross-validation", dataset="iris", model="naive_bayes", folds=3)
    assert_success(run)
    folds = outputs(run, "folds")["metrics"]
    assert [fold["rows"] for fold in folds] == [50, 50, 50]
    accuracies = [fold["accuracy"] for fold in folds]
    summary = outputs(run, "summary")["metrics"]
    assert summary["accuracy"] == pytest.approx(mean(accuracies))
    assert summary["accuracy"] > 0.9
    assert summary["accuracy_deviation"] == pytest.approx(stdev(accuracies))


def test_a_search_keeps_the_best_of_what_it_tried(stack: Stack) -> None:
    values = {"n_estimators": [5, 20], "max_depth": [2, 8]}
    run = start(stack, "search hyper", values=values, search="random", samples=3, metric="f1")
    assert_success(run)
    tried = outputs(run, "grid")["result"]
    scores = [metrics["f1"] for metrics in outputs(run, "try")["metrics"]]
    assert len(tried) == len(scores) == 3
    best = outputs(run, "choose")
    assert best["metrics"]["f1"] == max(scores) == scores[best["position"] - 1]
    assert (
        f'"max_depth":{tried[best["position"] - 1]["max_depth"]}' in outputs(run, "report")["text"]
    )


def test_training_in_rounds_stops_early(stack: Stack) -> None:
    run = start(stack, "train in rounds", learning_rate=0.05)
    assert_success(run)
    last = outputs(run, "rounds")
    losses = last["history"]
    best = losses.index(min(losses))
    # Patience is 2: two rounds after the best one nothing was any better.
    assert last["stop"] is True
    assert 3 <= len(losses) == best + 3 < 30
    with stack.api as api:
        rounds = api.get(f"/runs/{run['id']}/nodes/rounds/runs/").json()["results"]
    assert sorted(each["round"] for each in rounds) == list(range(1, len(losses) + 1))
    assert outputs(run, "try")["metrics"]["accuracy"] > 0.9


@pytest.mark.timeout(240)
def test_only_a_better_model_is_deployed(stack: Stack) -> None:
    first = start(stack, "deploy if better", models=["decision_tree", "naive_bayes"])
    assert_success(first)
    assert outputs(first, "deploy")["version"] == 1
    assert "version 1 is served now" in outputs(first, "note")["message"]

    same = start(stack, "deploy if better", models=["decision_tree", "naive_bayes"])
    assert same["state"] == "success"
    assert states(same)["deploy"] == "skipped"
    assert "nothing is better than version 1" in outputs(same, "note")["message"]

    better = start(stack, "deploy if better", models=["logistic_regression"])
    assert_success(better)
    assert outputs(better, "deploy")["version"] == 2
    served = outputs(better, "served")["metrics"]
    assert outputs(better, "choose")["metrics"]["accuracy"] > served["accuracy"]

    failed = start(stack, "deploy if better", models=["oracle"])
    assert failed["state"] == "failed"
    assert "nothing was deployed" in outputs(failed, "note")["message"]


@pytest.mark.parametrize(
    ("month", "taken"), [("2015-12", "rain"), ("2013-07", "heat"), ("2014-05", "kinds")]
)
def test_a_month_goes_its_way(stack: Stack, month: str, taken: str) -> None:
    run = start(stack, "branches", month=month)
    assert run["state"] == "success"
    ends = states(run)
    assert [way for way in ("rain", "heat", "kinds") if ends[way] == "success"] == [taken]
    assert ends["report"] == ends["note"] == "success"
    assert outputs(run, "note")["message"] == f"The report for {month}: success."


def test_somebody_approves(stack: Stack) -> None:
    run_id = begin(stack, "approval", rest="0s")

    def asks() -> bool:
        return states(stack.get_run(run_id))["ask"] == "waiting"

    wait_until(asks, "the approval to be asked for", 60)
    with stack.api as api:
        url = f"/runs/{run_id}/nodes/ask/decision/"
        wrong = api.post(url, json={"approve": True, "values": {"rows": 0}})
        assert wrong.status_code == 422, wrong.text
        answer = {"approve": True, "values": {"title": "Stay inside", "rows": 3}}
        decided = api.post(url, json=answer)
        assert decided.status_code == 200, decided.text
    run = stack.wait_run(run_id)
    assert run["state"] == "success"
    assert states(run)["keep"] == "skipped"
    text = outputs(run, "publish")["text"]
    assert text.startswith("# Stay inside\n\nApproved by admin.")
    assert "3 of 10 rows" in text


def test_the_deadline_decides_when_nobody_does(stack: Stack) -> None:
    run = start(stack, "approval", rest="0s", deadline="0s")
    assert run["state"] == "success"
    assert (states(run)["publish"], states(run)["keep"]) == ("skipped", "success")
    assert "rejected by the deadline" in outputs(run, "keep")["message"]
