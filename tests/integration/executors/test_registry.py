"""How a worker comes by its executor."""

from pathlib import Path

import pytest

from pipelines.executors import registry
from tests.integration.executors.stage import Heard, asked, raw, run


def test_one_executor_for_each_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.setenv("PENSTOCK_STEP_ENV", "HTTPS_PROXY, NOT_SET")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    (tmp_path / "secret_key").write_text("the key of the server")
    monkeypatch.setattr(registry, "_open", {})
    heard = Heard()
    body = (
        "import os\n"
        "print(os.environ['HTTPS_PROXY'], 'NOT_SET' in os.environ)\n"
        f"print(open('{tmp_path}/secret_key').read())\n"
    )
    try:
        executor = registry.get("process")
        assert registry.get("process") is executor
        assert run(executor, asked(raw(body)), heard).outcome == "success"
    finally:
        registry.close_all()

    assert heard.text.startswith("http://proxy.example False\n")
    if executor.isolation == "strong":  # type: ignore[attr-defined]
        assert "the key" not in heard.text
    with pytest.raises(LookupError, match="there is no executor `abacus`; there are process"):
        registry.get("abacus")
