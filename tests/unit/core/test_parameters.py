"""What a run is started with."""

from typing import Any

import pytest

from pipelines.core.checks import check
from pipelines.core.document import Definition
from pipelines.core.parameters import InvalidParameters, resolve

from .catalogue import CATALOG, chain

DECLARED = [
    {"name": "source", "required": True, "title": "Source file"},
    {"name": "rate", "type": "number", "default": 1, "minimum": 0, "maximum": 10},
    {"name": "folds", "type": "integer", "default": 5},
    {"name": "model", "enum": ["tree", "linear"], "default": "tree"},
    {"name": "dry", "type": "boolean"},
    {"name": "extra", "type": "json"},
]


def definition(*parameters: Any) -> Definition:
    return Definition.model_validate(chain() | {"parameters": list(parameters)})


def test_defaults_fill_what_is_not_given_and_numbers_are_numbers() -> None:
    values = resolve(definition(*DECLARED), {"source": "x", "folds": 3.0, "extra": {"a": [1]}})
    assert values == {
        "source": "x",
        "rate": 1.0,
        "folds": 3,
        "model": "tree",
        "dry": None,
        "extra": {"a": [1]},
    }
    assert isinstance(values["rate"], float)
    assert isinstance(values["folds"], int)


def test_every_wrong_value_is_told() -> None:
    given = {"rate": 11, "folds": 2.5, "model": "deep", "dry": 1, "extra": float("nan"), "x": 1}
    with pytest.raises(InvalidParameters) as refused:
        resolve(definition(*DECLARED), given)
    assert [(each.code, each.field, each.message) for each in refused.value.problems] == [
        (
            "unknown_parameter",
            "x",
            "The pipeline has no parameter `x`; it has `source`, `rate`, `folds`, `model`, `dry`, "
            "`extra`.",
        ),
        ("missing_parameter", "source", "`Source file` needs a value."),
        ("invalid_parameter", "rate", "`rate` must be 10 or less, not 11."),
        ("invalid_parameter", "folds", "`folds` must be a whole number, not 2.5."),
        ("invalid_parameter", "model", "`model` must be one of `tree`, `linear`, not `deep`."),
        ("invalid_parameter", "dry", "`dry` must be true or false, not 1."),
        ("invalid_parameter", "extra", "`extra` must be JSON, not NaN."),
    ]


@pytest.mark.parametrize(
    ("parameters", "field", "message"),
    [
        (
            [{"name": "a"}, {"name": "a"}],
            "parameters.0.name",
            "Several parameters are called `a`; give each its own name.",
        ),
        (
            [{"name": "a", "type": "integer", "default": "x"}],
            "parameters.0.default",
            "The default of the parameter `a` must be a whole number, not `x`.",
        ),
        (
            [{"name": "a", "type": "number", "minimum": 2, "maximum": 1}],
            "parameters.0.minimum",
            "The parameter `a` has a minimum above its maximum; swap them.",
        ),
    ],
)
def test_declarations_are_checked_with_the_pipeline(
    parameters: Any, field: str, message: str
) -> None:
    (problem,) = check(chain() | {"parameters": parameters}, CATALOG)
    assert (problem.field, problem.message) == (field, message)
