"""The installed examples run to success on real data, as whoever starts Penstock finds them."""

from typing import Any

import pytest

from tests.support.stack import Stack


def start(stack: Stack, example: str, **parameters: Any) -> dict[str, Any]:
    """A finished run of the example with this name."""
    with stack.api as api:
        found = api.get("/pipelines/", params={"search": example}).json()["results"]
        (pipeline,) = found
        answer = api.post(f"/pipelines/{pipeline['id']}/runs/", json={"parameters": parameters})
        assert answer.status_code == 201, answer.text
    return stack.wait_run(answer.json()["id"], seconds=90)


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
