"""Words of a real novel, counted in parts and as a whole; messages to a chat."""

import json
from importlib.resources import files

import pyarrow.parquet as pq
import pytest

from tests.support.library import Examples
from tests.support.steps import StepRun
from tests.support.web import Web


def counts(made: StepRun) -> dict[str, int]:
    assert made.code == 0, made.error or made.stderr
    table = pq.read_table(made.outputs["table"]["path"])
    return dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("novel", "words"), [("pride-and-prejudice", 121_567), ("persuasion", 83_283)]
)
def test_the_bundled_novels_are_whole(novel: str, words: int) -> None:
    text = files("pipelines.library").joinpath(f"data/{novel}.txt").read_text("utf-8")
    assert len(text.split()) == words


def test_counting_in_four_parts_is_counting_the_whole(examples: Examples) -> None:
    whole = counts(examples.run("text/count_words", params={"minimum_length": 1}))
    shards = examples.run("text/split_text")
    assert "".join(shards.outputs[f"shard_{n}"] for n in range(1, 5)) == examples.resolve(
        "text of text/load_text"
    )
    parts = [
        examples.run(
            "text/count_words",
            params={"minimum_length": 1},
            inputs={"text": shards.as_input(f"shard_{n}")},
        )
        for n in range(1, 5)
    ]
    merged = counts(
        examples.run(
            "text/merge_counts", inputs={"counts": [part.as_input("table") for part in parts]}
        )
    )
    assert merged == whole
    assert next(iter(merged.items())) == ("the", 4331)
    assert merged["darcy"] > 300


def test_a_file_of_ones_own(examples: Examples) -> None:
    made = examples.run("text/load_text", params={"source": "file", "path": "weather.csv"})
    assert made.outputs["text"].startswith("date,precipitation")


def test_replacing(examples: Examples) -> None:
    made = examples.run(
        "text/replace_text", params={"find": r"(\w+)-(\w+)", "replace": r"\2 \1", "pattern": True},
        inputs={"text": "well-known"},
    )  # fmt: skip
    assert made.outputs["text"] == "known well"
    made = examples.run(
        "text/replace_text", params={"find": "(", "pattern": True}, inputs={"text": "x"}
    )
    assert made.error is not None
    assert "cannot be replaced" in made.error["message"]


def test_a_message_is_posted_the_way_slack_wants_it(examples: Examples, web: Web) -> None:
    web.answers["/hook"] = (200, "text/plain", b"ok")
    made = examples.run("notify/slack", params={"webhook": web.url("/hook")})
    assert made.outputs["sent"] is True
    payload = json.loads(web.received[0].body)
    assert payload["text"] == "New weather has arrived.\n• rows: 1461\n• new: 12"
    assert payload["blocks"][0]["text"] == {"type": "mrkdwn", "text": payload["text"]}


def test_without_a_webhook_the_message_is_only_logged(examples: Examples) -> None:
    made = examples.run("notify/slack")
    assert made.outputs["sent"] is False
    assert (
        "neither a connection nor a webhook is set, so the message was only logged" in made.stdout
    )
    assert "New weather has arrived." in made.stdout


def test_a_refused_message_fails_without_showing_the_secret_address(
    examples: Examples, web: Web
) -> None:
    web.answers["/services/secret"] = (403, "text/plain", b"invalid_token")
    made = examples.run("notify/slack", params={"webhook": web.url("/services/secret")})
    assert made.error is not None
    assert made.error["message"] == "The webhook answered 403: invalid_token"
    made = examples.run("notify/slack", params={"webhook": "http://127.0.0.1:9/services/secret"})
    assert made.error is not None
    assert "secret" not in made.error["message"] + made.stderr + made.stdout
