"""Requests against a real server on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from tests.support.steps import StepRun, run_step
from tests.support.web import Web

Run = Callable[..., StepRun]
PARAMETERS = {
    "type": "object",
    "properties": {"base": {"type": "string"}, "id": {"type": "string"}, "tags": {"type": "array"}},
}


def build(url: str = "{{ base }}", **fields: Any) -> ComponentSpec:
    given = {"name": "ask", "namespace": "t", "url": url, "parameters": PARAMETERS, **fields}
    return registry.build("http", given)


def test_placeholders_in_path_query_headers_and_body(run: Run, web: Web) -> None:
    spec = build(
        f"{web.url('/items/')}{{{{ id }}}}",
        method="POST",
        query={"tags": "{{ tags }}", "missing": "{{ base }}"},
        headers={"X-Item": "item {{ id }}"},
        body={"id": "{{ id }}", "rows": "{{ rows }}"},
        inputs=[{"name": "rows", "type": "json"}],
        outputs=[{"name": "status", "type": "integer"}, {"name": "path", "type": "string"}],
        read={"path": "json.path"},
    )
    made = run(spec, {"rows": [1, {"a": 2}]}, id="a/b ?", tags=["x", "y"])
    assert made.code == 0, made.stderr
    assert made.outputs == {"status": 200, "path": "/items/a%2Fb%20%3F"}
    (request,) = web.received
    assert request.query == {"tags": ["x", "y"]}
    assert request.headers["x-item"] == "item a/b ?"
    assert request.headers["idempotency-key"] == "run:node:1"
    assert request.json == {"id": "a/b ?", "rows": [1, {"a": 2}]}


def test_outputs_by_type(run: Run, web: Web) -> None:
    web.answers["/data.csv"] = (200, "text/csv", b"a,b\n1,x\n2,y\n")
    web.answers["/data.json"] = (200, "application/json", b'{"rows": [{"a": 1}, {"a": 2}]}')
    csv = build(outputs=[{"name": "table", "type": "table"}, {"name": "file", "type": "file"}])
    made = run(csv, base=web.url("/data.csv"))
    assert made.outputs["table"]["facts"]["rows"] == 2
    assert made.outputs["file"]["name"] == "data.csv"
    assert made.outputs["file"]["media_type"] == "text/csv"
    rows = build(outputs=[{"name": "table", "type": "table"}], read={"table": "table.rows"})
    made = run(rows, base=web.url("/data.json"))
    assert made.code == 0, made.stderr
    assert made.outputs["table"]["facts"]["rows"] == 2


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("/teapot", {}, "GET http://127.0.0.1:{port}/teapot answered 418: short and stout"),
        ("/ok", {"read": {"out": "json.a.c"}}, "the answer has no `c` in `a.c`; it has b"),
        ("/ok", {"expect": [201]}, "answered 200"),
        ("/text", {"read": {"out": "json.a"}}, "the answer is not JSON: 'hello'"),
    ],
)
def test_failures(run: Run, web: Web, path: str, fields: dict[str, Any], says: str) -> None:
    web.answers["/teapot"] = (418, "text/plain", b"short and stout")
    web.answers["/ok"] = (200, "application/json", b'{"a": {"b": 1}}')
    web.answers["/text"] = (200, "text/plain", b"hello")
    made = run(build(outputs=[{"name": "out", "type": "json"}], **fields), base=web.url(path))
    assert made.code == 1
    assert made.error is not None
    assert says.format(port=web.url("").rpartition(":")[2]) in made.error["message"]


def test_nobody_there(run: Run) -> None:
    made = run(build(), base="http://127.0.0.1:9/")
    assert made.error is not None
    assert "http://127.0.0.1:9/ could not be reached" in made.error["message"]
    made = run(build(), base="ftp://x")
    assert made.error is not None
    assert "write https://host/path" in made.error["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "https://x/{{ nothing }}"}, "`{{ nothing }}` is neither a parameter nor an input"),
        ({"read": {"out": "json"}}, "must name an output"),
        ({"method": 3}, "is not of type 'string'"),
        ({"outputs": [{"name": "m", "type": "model"}]}, "cannot give a model"),
    ],
)
def test_bad_specs_are_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        build(**fields)
    assert says in str(caught.value)


def test_where_a_team_may_not_go(run: Run, web: Web, tmp_path: Path) -> None:
    made = run_step(build(), tmp_path, params={"base": web.url("/")}, reach=())
    assert made.error is not None
    assert made.error["permanent"]
    assert "`127.0.0.1` is of the machine itself" in made.error["message"]
    assert "adds `127.0.0.1:" in made.error["message"]
    web.redirects["/away"] = "http://169.254.169.254/latest/meta-data/"
    made = run(build(), base=web.url("/away"))
    assert made.error is not None
    assert "`169.254.169.254` is a cloud's metadata service" in made.error["message"]
