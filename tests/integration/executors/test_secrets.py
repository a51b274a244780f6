"""Secrets of steps on this machine: where they are to be found, and what is left of them."""

import base64
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.secrets import Secret
from pipelines.executors.process import ProcessExecutor
from pipelines.executors.protocol import StepRequest
from pipelines.kinds import registry as kinds
from tests.integration.executors.stage import Heard, python, run

VALUE = "hunter22/with+signs"
ONE = {"type": "string", "format": "secret"}
PARAMETERS = {
    "type": "object",
    "properties": {"token": ONE, "more": {"type": "array", "items": ONE}},
}


def asked(spec: dict[str, Any]) -> StepRequest:
    params = {"token": Secret("api", 2, VALUE), "more": [Secret("db", 1, VALUE[::-1])]}
    return StepRequest(
        key="k", attempt=1, spec={**spec, "parameters": PARAMETERS}, params=params, inputs={}
    )


def test_a_function_gets_the_value_and_nothing_it_says_shows_it(executor: ProcessExecutor) -> None:
    heard = Heard()
    source = (
        "import base64, os\nfrom pipelines.sdk import secret\n"
        "def step(*, token: str) -> dict:\n"
        "    print(token, base64.b64encode(('user:' + token).encode()).decode(), secret('db'))\n"
        "    hidden = open('/proc/self/environ').read() + repr(dict(os.environ))\n"
        "    return {'said': token, 'length': len(token), 'listed': token in hidden}\n"
    )
    result = run(executor, asked(python(source)), heard)
    assert result.error is None
    assert dict(result.outputs) == {
        "result": {"said": "***", "length": len(VALUE), "listed": False}
    }
    first, second, third = heard.text.split()
    assert (first, third) == ("***", "***")
    assert base64.b64encode(b"user:")[:4].decode() in second
    assert "***" in second


def test_an_error_shows_no_secret(executor: ProcessExecutor) -> None:
    heard = Heard()
    source = "def step(*, token: str) -> int:\n    raise ValueError(f'no luck with {token!r}')\n"
    result = run(executor, asked(python(source)), heard)
    assert result.error is not None
    assert result.error.message == "ValueError: no luck with '***'"
    assert "hunter" not in result.error.traceback + heard.text + repr(result)


def test_a_command_gets_paths_of_private_files(executor: ProcessExecutor, tmp_path: Path) -> None:
    heard = Heard()
    command = (
        'cat "$PARAM_TOKEN" | wc -c; cat "$SECRET_DB"; echo; stat -c %a "$PARAM_TOKEN"; '
        'env | grep -c "with+signs" || true; echo "$PARAM_TOKEN" > "$OUTPUT_PLACE"'
    )
    fields = {"name": "s", "command": command, "outputs": [{"name": "place", "type": "string"}]}
    spec = kinds.build("shell", fields).model_dump()
    result = run(executor, asked(spec), heard)
    assert result.error is None
    assert heard.text.split() == [str(len(VALUE)), "***", "600", "0"]
    result.close()
    assert not Path(str(result.outputs["place"])).exists()


def test_a_secret_that_is_not_listed_is_not_given(executor: ProcessExecutor) -> None:
    source = "from pipelines.sdk import secret\ndef step(*, token: str) -> str:\n    return secret('x')\n"
    result = run(executor, asked(python(source)))
    assert result.error is not None
    assert "no secret `x`, but `db`; list it under Secrets" in result.error.message


def test_nothing_that_is_written_down_of_a_request_shows_a_secret() -> None:
    assert "hunter" not in repr(asked({}))


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ({"type": "string", "format": "secret", "default": "db"}, "cannot have a default"),
        ({"type": "integer", "format": "secret"}, "its type must be string"),
        ({"type": "object", "properties": {"a": ONE}}, "parameters of their own"),
    ],
)
def test_a_component_asks_for_secrets_in_one_way(part: dict[str, Any], complaint: str) -> None:
    fields = {
        "name": "s",
        "command": "true",
        "parameters": {"type": "object", "properties": {"p": part}},
    }
    spec = kinds.KINDS["shell"].build(fields)
    assert complaint in kinds.check(spec)[0].message
