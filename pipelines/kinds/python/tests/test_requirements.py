"""What a component says that it needs installed, and what is refused about it."""

import sys
from textwrap import dedent
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from pipelines.kinds.python.requirements import BadRequirements, Requirements, of_source
from pipelines.kinds.python.spec import check_node

FUNCTION = "def f(x: int) -> int:\n    return x\n"


def script(*lines: str) -> str:
    return "\n".join(["# /// script", *(f"# {line}" for line in lines), "# ///", FUNCTION])


def build(source: str, **fields: Any) -> ComponentSpec:
    return registry.build("python", {"source": source, "namespace": "acme", **fields})


def needs(spec: ComponentSpec, **params: Any) -> Requirements | None:
    return registry.requirements(spec.model_dump(mode="json"), params)


def refusal(*entries: Any) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        build(FUNCTION, requirements=list(entries))
    (problem,) = caught.value.problems
    assert (problem.code, problem.field) == ("bad_requirements", "requirements")
    return problem.message


def test_a_script_block_and_the_form_say_the_same() -> None:
    block = build(
        script('requires-python = ">=3.11"', 'dependencies = ["Requests >= 2.32", "rich"]')
    )
    form = build(FUNCTION, requirements=["Requests >= 2.32", "rich"])
    assert block.implementation["requirements"] == ["requests>=2.32", "rich"]
    assert block.implementation["requires_python"] == ">=3.11"
    assert form.implementation["requirements"] == block.implementation["requirements"]
    assert needs(form) == Requirements(("requests>=2.32", "rich"))
    assert needs(block) == Requirements(("requests>=2.32", "rich"), ">=3.11")


def test_the_form_adds_to_the_block_and_takes_the_lines_of_a_requirements_file() -> None:
    spec = build(
        script('dependencies = ["rich"]'), requirements="# why\nhttpx[http2]>=0.28  # web\n"
    )
    assert spec.implementation["requirements"] == ["rich", "httpx[http2]>=0.28"]


def test_without_requirements_a_spec_is_what_it_was() -> None:
    spec = build(FUNCTION)
    assert set(spec.implementation) == {"source", "function"}
    assert needs(spec) is None
    assert needs(build(script('requires-python = ">=3.11"'))) is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("requests=>2", "`requests=>2` is no requirement"),
        ("", "must be text"),
        (5, "must be text"),
        ("x @ https://example.org/x-1.0.whl", "publish it to a package index"),
        ("git+https://example.org/x.git", "publish it to a package index"),
        ("./wheels/x.whl", "publish it to a package index"),
        ("-r base.txt", "is an option"),
        ("--index-url https://example.org", "is an option"),
        ("x" * 501, "longer than 500"),
    ],
)
def test_what_cannot_be_locked_is_refused_in_words(entry: Any, words: str) -> None:
    assert words in refusal(entry)


def test_twice_is_refused_under_whatever_spelling() -> None:
    assert "`scikit_learn` is required twice" in refusal("Scikit-Learn>=1", "scikit_learn<2")
    spec = build(
        FUNCTION, requirements=["a<2; python_version < '3.12'", "a; python_version >= '3.12'"]
    )
    assert len(spec.implementation["requirements"]) == 2


def test_too_many_are_refused() -> None:
    assert "at most 100" in refusal(*(f"p{n}" for n in range(101)))


def test_a_python_that_workers_do_not_have_is_refused() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        build(script('requires-python = ">=4"'))
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"needs Python >=4, but the workers run Python {version}" in str(caught.value)
    with pytest.raises(InvalidDefinition, match="no range of Python versions"):
        build(script('requires-python = "new"'))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (script("dependencies = ["), "not valid TOML"),
        (script('dependencies = "rich"', "tool = {uv = {}}"), "does not follow"),
        (script("dependencies = 3"), "must be a list"),
        (script('packages = ["rich"]'), "`packages`, which means nothing there"),
        (script('dependencies = ["rich"]') * 2, "several"),
        ("# /// script\n# dependencies = []\nx = 1\n", "not closed"),
    ],
)
def test_a_broken_block_is_told(source: str, words: str) -> None:
    with pytest.raises(BadRequirements, match=words):
        of_source(source)


def test_a_spec_may_not_hide_what_its_source_requires() -> None:
    spec = build(script('dependencies = ["rich"]'))
    implementation = {**spec.implementation, "requirements": ["httpx"]}
    lying = spec.model_copy(update={"implementation": implementation})
    (problem,) = registry.check(lying)
    assert "the source requires `rich`" in problem.message


def test_what_the_ports_need_is_added_unless_the_author_names_it() -> None:
    source = dedent("""
        from pipelines.sdk import Model, Table, duck
        def f(data: Table, model: Model) -> Table:
            return data
    """)
    found = needs(build(source, requirements=["rich", "pandas<3"]))
    assert found == Requirements(("rich", "pandas<3"), "", ("duckdb", "joblib", "pyarrow"))


def test_a_source_that_is_a_parameter_brings_its_own_block() -> None:
    spec = build(FUNCTION).model_copy(
        update={
            "implementation": {"source_parameter": "code"},
            "parameters": {"type": "object", "properties": {"code": {"type": "string"}}},
        }
    )
    assert registry.check(spec) == []
    assert needs(spec, code=FUNCTION) is None
    assert needs(spec, code=script('dependencies = ["rich"]')) == Requirements(
        ("rich",), "", ("pandas", "pyarrow")
    )
    wrong = script('requires-python = ">=4"')
    with pytest.raises(BadRequirements, match="needs Python >=4"):
        needs(spec, code=wrong)
    (problem,) = check_node(spec, {"code": wrong}, {"x"})
    assert (problem.code, problem.field) == ("bad_requirements", "params.code")
