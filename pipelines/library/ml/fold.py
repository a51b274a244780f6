from typing import Annotated, NamedTuple

import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.duck import listed


class Fold(NamedTuple):
    """One of the ways to divide the rows.

    Attributes:
        train: The rows to learn from.
        test: The rows to test with.
    """

    train: pd.DataFrame
    test: pd.DataFrame


@component(title="One fold", category="Train", icon="layers-2")
def fold(
    table: pd.DataFrame,
    *,
    number: Annotated[
        int, Param(title="Fold", help="Which of the folds, counted from 1", minimum=1)
    ] = 1,
    folds: Annotated[
        int,
        Param(
            title="Folds", help="Into how many parts the rows are divided", minimum=2, maximum=100
        ),
    ] = 5,
    stratify: Annotated[
        str,
        Param(
            title="Same shares of",
            help="A column of categories whose shares should be the same in all parts",
            format="column",
        ),
    ] = "",
    seed: Annotated[
        int, Param(title="Seed", help="The same seed gives the same folds", minimum=0)
    ] = 0,
) -> Fold:
    """Give one fold of a k-fold cross-validation: its part for the test, all others to learn from.

    Every fold is worked out alone, so that they can run side by side.

    Args:
        table: The rows to divide.

    Examples:
        The second fifth of the irises:
            inputs:
                table: table of core/dataset(name=iris)
            params:
                number: 2
                stratify: species
    """
    if number > folds:
        raise Failure(f"There are {folds} folds; number {number} is none of them.")
    if len(table) < folds:
        raise Failure(f"{len(table)} rows cannot be divided into {folds} folds.")
    if stratify and stratify not in table.columns:
        raise Failure(f"There is no column `{stratify}`; the columns are {listed(table.columns)}.")
    if stratify:
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
        chosen = list(parts.split(table, table[stratify].astype(str)))[number - 1]
    else:
        chosen = list(KFold(folds, shuffle=True, random_state=seed).split(table))[number - 1]
    train, test = chosen
    print(
        f"fold {number} of {folds}: {len(train):,} rows to train with, {len(test):,} to test with"
    )
    return Fold(train=table.iloc[train], test=table.iloc[test])
