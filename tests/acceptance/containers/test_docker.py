"""Real containers: the step contract inside, what comes out, and every limit."""

import json
import re
from pathlib import Path

import pandas as pd

from pipelines.core.secrets import Secret
from pipelines.executors.docker.executor import DockerExecutor
from pipelines.executors.protocol import InputFile, Limits, OutputFile, StepResult
from tests.acceptance.containers.stage import asked, container, left_over
from tests.integration.executors.stage import Heard, run, until
from tests.support.library import sample_files, specs
from tests.support.podman import IMAGE, Podman


def test_the_step_contract_inside(docker: DockerExecutor, tmp_path: Path) -> None:
    """Inputs that cannot be written to, outputs as files and as JSON, metrics, both streams."""
    (tmp_path / "in.txt").write_text("hello\nworld\n")
    script = """
        cat $PENSTOCK_INPUTS > $PENSTOCK_ARTIFACTS/given.json
        echo "$PARAM_RATE $INPUT_N $EXTRA $PROXY"
        echo '{"metric": "loss", "value": 0.5, "step": 3}'
        echo '{"progress": 0.25}'
        echo oh >&2
        wc -l < "$INPUT_DATA" > $OUTPUT_LINES
        printf 'text of it\\n' > $OUTPUT_WORDS
        echo '[1, {"a": null}]' > $OUTPUT_ANY
        cp "$INPUT_DATA" $OUTPUT_COPY
        (echo x >> "$INPUT_DATA") 2>/dev/null || echo 'cannot write'
        (echo x > /penstock/inputs/new) 2>/dev/null || echo 'cannot add'
        printf '{"given": {"path": "%s/given.json", "type": "file", "name": "given"}}' \
            $PENSTOCK_ARTIFACTS > $PENSTOCK_OUTPUTS
        echo "$HOME $PENSTOCK_KEY $PENSTOCK_ATTEMPT"
    """
    outputs = {"lines": "integer", "words": "text", "any": "any", "copy": "file", "given": "file"}
    spec = container(
        script,
        {**outputs, "nothing": "any"},
        env={"EXTRA": "{{ rate }}!"},
        inputs=[{"name": "data", "type": "file"}, {"name": "n", "type": "json"}],
        parameters={"type": "object", "properties": {"rate": {"type": "number"}}},
    )
    heard = Heard()
    data = InputFile(tmp_path / "in.txt", "file", "my data.txt")
    request = asked(spec, params={"rate": 0.5}, data=data, n={"a": 1})
    result = run(docker, request, heard)

    assert result.error is None
    assert result.outcome == "success"
    assert result.outputs["lines"] == 2
    assert result.outputs["words"] == "text of it\n"
    assert result.outputs["nothing"] is None
    assert _content(result, "any") == '[1, {"a": null}]\n'
    assert _content(result, "copy") == "hello\nworld\n"
    given = json.loads(_content(result, "given"))
    path = "/penstock/inputs/data/my data.txt"
    assert given == {
        "inputs": {"data": {"path": path, "type": "file", "name": "my data.txt"}, "n": {"a": 1}},
        "params": {"rate": 0.5},
    }
    assert heard.metrics == [("loss", 0.5, 3)]
    assert heard.fractions == [0.25]
    assert sorted(heard.text.splitlines()) == [
        "/penstock/work run:node 2", '0.5 {"a": 1} 0.5! here', "cannot add", "cannot write", "oh",
    ]  # fmt: skip
    assert (tmp_path / "in.txt").read_text() == "hello\nworld\n"

    kept = result.outputs["copy"].path
    result.close()
    assert not kept.exists()


def test_tables_are_parquet(docker: DockerExecutor, tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    data = InputFile(tmp_path / "t.parquet", "table", "t.parquet")
    ports = {"t": "table", "any": "any"}
    script = "cp $INPUT_DATA $OUTPUT_T; cp $INPUT_DATA $OUTPUT_ANY"
    spec = container(script, ports, inputs=[{"name": "data", "type": "table"}])
    result = run(docker, asked(spec, data=data))
    assert [result.outputs[name].type for name in ports] == ["table", "table"]
    assert pd.read_parquet(result.outputs["t"].path)["a"].tolist() == [1, 2]
    result.close()

    refused = run(docker, asked(container("echo a,b > $OUTPUT_T", {"t": "table"})))
    assert refused.error
    assert refused.error.kind == "output"
    assert "write Parquet" in refused.error.message


def test_no_privileges(docker: DockerExecutor, podman: Podman) -> None:
    """No capability, none to be had, not another user's rights, and no network where it says so."""
    heard = Heard()
    script = "grep -E 'Cap(Eff|Bnd)|NoNew' /proc/self/status; id -u; ls /sys/class/net; mount -t tmpfs x /tmp"
    result = run(docker, asked(container(script, network="none")), heard)
    assert result.error
    assert result.error.kind == "exit"
    assert "permission denied" in result.error.message
    assert heard.text.split()[:6] == [
        "CapBnd:",
        "0" * 16,
        "CapEff:",
        "0" * 16,
        "NoNewPrivs:",
        "1",
    ] or (heard.text.split()[:6] == ["CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1"])
    assert heard.text.split()[6:8] == ["0", "lo"]
    assert left_over(podman) == []


FAILURES: list[tuple[str, dict[str, str], str, str]] = [
    ("echo no >&2; exit 3", {}, "exit", "the container ended with exit code 3: no"),
    ("sh -c 'kill -SEGV $$'; exit $?", {}, "exit", r"exit code 139 \(SIGSEGV\)"),
    (
        "true",
        {"a": "text"},
        "output",
        r"did not write its output `a`; write it to .*\$OUTPUT_A",
    ),
    ("echo nonsense > $OUTPUT_A", {"a": "json"}, "output", "should be json.*'nonsense"),
    ("mkfifo $OUTPUT_A", {"a": "text"}, "output", "it is not a plain file"),
    ("mkfifo $PENSTOCK_OUTPUTS", {"a": "text"}, "output", "it is not a plain file"),
    ("ln -s /etc/passwd $OUTPUT_A", {"a": "file"}, "output", "cannot be read"),
    (
        "rm -rf $PENSTOCK_ARTIFACTS || ln -s /etc/passwd $PENSTOCK_ARTIFACTS/x; "
        'echo \'{"a": {"path": "x", "type": "file"}}\' > $PENSTOCK_OUTPUTS',
        {"a": "file"},
        "output",
        "outside the step's artifacts|there is no file",
    ),
    ("echo '{\"a\": NaN}' > $PENSTOCK_OUTPUTS", {"a": "number"}, "output", "hold NaN"),
    ("echo '{\"b\": 1}' > $PENSTOCK_OUTPUTS", {}, "output", "does not declare"),
]


def test_failures(docker: DockerExecutor) -> None:
    """All at a time: most of a container's time is waiting."""
    steps = [docker.start(asked(container(case[0], case[1])), Heard()) for case in FAILURES]
    for step, (script, _, kind, says) in zip(steps, FAILURES, strict=True):
        result = step.wait()
        assert result.outcome == "failed", script
        assert result.error
        assert result.error.kind == kind, script
        assert re.search(says, result.error.message), result.error.message
        result.close()


def test_what_cannot_even_start(docker: DockerExecutor) -> None:
    nothing = run(docker, asked(container("", command=["nothing-of-the-kind"])))
    assert nothing.error
    assert (nothing.error.kind, nothing.error.permanent) == ("setup", True)
    assert nothing.error.message == (
        f"the image `{IMAGE}` has no program `nothing-of-the-kind`; correct the command, or take an "
        "image that has it"
    )

    texts = {"type": "object", "properties": {"said": {"type": "string"}}}
    echo = container("", command=["echo", "{{ said }}"], parameters=texts)
    wrong = run(docker, asked(echo, params={"said": 1}))
    assert wrong.error
    assert (wrong.error.kind, wrong.error.permanent) == ("setup", True)

    never = run(docker, asked(container("", image="localhost/absent", pull="never")))
    assert never.error
    assert never.error.message == (
        "the image `localhost/absent:latest` is not on this worker, and the component says never to "
        "pull it"
    )
    gone = InputFile(Path("/nowhere/at/all"), "file")
    missing = run(docker, asked(container("", inputs=[{"name": "data"}]), data=gone))
    assert missing.error
    assert "/nowhere/at/all" in missing.error.message


def test_an_image_that_cannot_be_pulled(docker: DockerExecutor) -> None:
    heard = Heard()
    result = run(docker, asked(container("", image="localhost:1/absent")), heard)
    assert result.error
    assert result.error.kind == "setup"
    assert "the image `localhost:1/absent:latest` cannot be pulled" in result.error.message
    assert not result.error.permanent  # the registry may be back in a minute
    assert heard.text == "[penstock] pulling localhost:1/absent:latest\n"


def test_memory(docker: DockerExecutor) -> None:
    script = "x=$(head -c 90000000 /dev/zero | tr '\\0' a); echo ${#x}"
    result = run(docker, asked(container(script), limits=Limits(memory_bytes=24 * 1024**2)))
    assert result.error
    assert result.error.kind == "memory"
    assert "more than 24 MiB of memory" in result.error.message
    assert "Raise `resources.memory`" in result.error.message


def test_time_and_files_and_log(docker: DockerExecutor) -> None:
    slow = run(docker, asked(container("trap '' TERM; sleep 60"), limits=Limits(seconds=0.3)))
    assert slow.error
    assert (slow.error.kind, slow.error.message) == ("timeout", "the step took longer than 0.3s")

    script = "while true; do head -c 1000000 /dev/zero >> $PENSTOCK_ARTIFACTS/big; done"
    large = run(docker, asked(container(script), limits=Limits(output_bytes=2_000_000)))
    assert large.error
    assert (large.error.kind, "of files" in large.error.message) == ("output", True)

    heard = Heard()
    script = "yes | head -c 300000; head -c 300000 /dev/zero; echo; echo end > $OUTPUT_A"
    loud = run(
        docker, asked(container(script, {"a": "text"}), limits=Limits(log_bytes=1000)), heard
    )
    assert loud.outputs == {"a": "end\n"}
    assert loud.log_truncated
    assert len(heard.text) < 1200
    assert "the rest is not kept" in heard.text


def test_processes(docker: DockerExecutor) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all"
    heard = Heard()
    result = run(docker, asked(container(script), limits=Limits(processes=6)), heard)
    assert result.error
    assert "fork" in result.error.message
    assert "all" not in heard.text


def test_log_is_live_and_cancelling_is_quick(docker: DockerExecutor, podman: Podman) -> None:
    heard = Heard()
    script = "trap 'echo bye; exit 0' TERM; echo here; while true; do sleep 0.05; done"
    step = docker.start(asked(container(script)), heard)
    until(lambda: heard.text == "here\n")
    step.cancel("enough")
    result = step.wait()
    assert (result.outcome, result.error and result.error.message) == ("cancelled", "enough")
    assert heard.text == "here\nbye\n"
    assert left_over(podman) == []


def test_use_is_measured(docker: DockerExecutor) -> None:
    heard = Heard()
    script = (
        "x=$(head -c 8000000 /dev/zero | tr '\\0' a); echo full; while true; do sleep 0.1; done"
    )
    step = docker.start(asked(container("trap 'exit 1' TERM; " + script)), heard)
    until(lambda: "full" in heard.text)
    until(lambda: (step.use.memory or 0) > 6_000_000)  # type: ignore[attr-defined]
    step.cancel("")
    result = step.wait()
    assert result.peak_memory
    assert result.peak_memory > 6_000_000
    assert result.cpu_seconds


def test_another_user(docker: DockerExecutor, tmp_path: Path) -> None:
    """It may read its inputs, write its outputs, and nothing of it stays."""
    (tmp_path / "secret.txt").write_text("for the owner")
    (tmp_path / "secret.txt").chmod(0o600)
    script = "id -u > $OUTPUT_A; umask 077; mkdir -p ~/deep/er; cat $INPUT_DATA >> $OUTPUT_A; chmod 644 $OUTPUT_A"
    spec = container(script, {"a": "text"}, user="4321:99", inputs=[{"name": "data"}])
    result = run(docker, asked(spec, data=InputFile(tmp_path / "secret.txt", "file")))
    assert result.outputs == {"a": "4321\nfor the owner"}
    result.close()


def test_the_example_of_the_library(docker: DockerExecutor, tmp_path: Path) -> None:
    spec = specs()["core/container"]
    example = spec.examples[0]
    (tmp_path / "weather.csv").write_bytes(sample_files()["weather.csv"])
    data = InputFile(tmp_path / "weather.csv", "file")
    heard = Heard()
    result = run(
        docker, asked(spec.model_dump(mode="json"), params=example.params, data=data), heard
    )
    assert result.error is None
    assert int(heard.text) == sample_files()["weather.csv"].count(b"\n") > 1000
    assert int(_content(result, "result")) == int(heard.text)
    result.close()


def _content(result: StepResult, port: str) -> str:
    output = result.outputs[port]
    assert isinstance(output, OutputFile)
    return output.path.read_text()


def test_secrets_are_files_that_no_listing_shows(docker: DockerExecutor) -> None:
    script = """
        cat "$PARAM_TOKEN"; ls -l /penstock/secrets | tail -1 | cut -c1-10
        tr '\\0' '\\n' < /proc/self/environ | grep -c $(cut -c1-8 "$PARAM_TOKEN") || true
        (echo x >> "$PARAM_TOKEN") 2>/dev/null || echo 'cannot write'
        grep -c $(cut -c1-8 "$PARAM_TOKEN") $PENSTOCK_INPUTS || true
    """
    token = {"token": {"type": "string", "format": "secret"}}
    spec = container(script, parameters={"type": "object", "properties": token})
    heard = Heard()
    result = run(docker, asked(spec, params={"token": Secret("api", 1, "hunter22-api\n")}), heard)
    assert result.error is None
    assert heard.text == "***\n-r--r--r--\n0\ncannot write\n0\n"
