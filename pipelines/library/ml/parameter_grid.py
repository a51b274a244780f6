import itertools
import random
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pipelines.sdk import Failure, Param, component, log_metric

MOST = 10_000


@component(title="Options to try", category="Train", icon="grid-3x3")
def parameter_grid(
    *,
    values: Annotated[
        Mapping[str, Any],
        Param(
            title="Values",
            help="A list of values for each option",
            examples=[{"n_estimators": [50, 100], "max_depth": [4, 8]}],
        ),
    ],
    search: Annotated[
        Literal["grid", "random"],
        Param(title="Search", help="Every combination, or some drawn at random"),
    ] = "grid",
    samples: Annotated[
        int,
        Param(title="Samples", help="How many a random search draws", minimum=1, maximum=10_000),
    ] = 10,
    seed: Annotated[int, Param(title="Seed", help="The same seed draws the same", minimum=0)] = 0,
) -> list[Any]:
    """Make the list of options that a search for hyper-parameters tries.

    Let a training component map over its *Options*: it then trains one model for each combination.

    Returns:
        One mapping of options for each model to train.

    Examples:
        Four forests:
            params:
                values: {n_estimators: [20, 50], max_depth: [3, 6]}
        Five of nine, drawn at random:
            params:
                values: {n_estimators: [20, 50, 100], max_depth: [3, 6, 9]}
                search: random
                samples: 5
    """
    for name, choices in values.items():
        if not isinstance(choices, list) or not choices:
            raise Failure(f"`{name}` needs a list of values to try, such as [1, 2, 3].")
    combinations = 1
    for choices in values.values():
        combinations *= len(choices)
    if search == "grid" and combinations > MOST:
        raise Failure(
            f"There are {combinations:,} combinations; search at random, or try fewer values."
        )
    if search == "grid" or combinations <= samples:
        found = [dict(zip(values, chosen, strict=True)) for chosen in _all(values)]
    else:
        found = _drawn(values, samples, random.Random(seed))  # noqa: S311 - a search, not a secret
    log_metric("combinations", len(found))
    print(f"{len(found):,} of {combinations:,} combinations")
    return found


def _all(values: Mapping[str, Any]) -> Any:
    return itertools.product(*values.values())


def _drawn(values: Mapping[str, Any], samples: int, rng: random.Random) -> list[dict[str, Any]]:
    """So many different combinations."""
    seen: dict[str, dict[str, Any]] = {}
    while len(seen) < samples:
        one = {name: rng.choice(choices) for name, choices in values.items()}
        seen.setdefault(repr(one), one)
    return list(seen.values())
