from typing import Annotated, NamedTuple

import pandas as pd
from sklearn.model_selection import train_test_split

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.duck import listed


class Split(NamedTuple):
    """The two parts.

    Attributes:
        train: The rows to learn from.
        test: The rows to test with, which the model must not see before.
    """

    train: pd.DataFrame
    test: pd.DataFrame


@component(title="Split for training and test", category="Train", icon="split")
def split(
    table: pd.DataFrame,
    *,
    test_fraction: Annotated[
        float,
        Param(
            title="Test part",
            help="Which part of the rows is for the test",
            exclusive_minimum=0,
            exclusive_maximum=1,
        ),
    ] = 0.25,
    stratify: Annotated[
        str,
        Param(
            title="Same shares of",
            help="A column of categories whose shares should be the same in both parts",
            format="column",
        ),
    ] = "",
    shuffle: Annotated[
        bool,
        Param(title="Shuffle", help="Otherwise the last rows are the test, as suits a time series"),
    ] = True,
    seed: Annotated[
        int, Param(title="Seed", help="The same seed gives the same parts", minimum=0)
    ] = 0,
) -> Split:
    """Divide rows at random into a part to train with and a part to test with.

    Args:
        table: The rows to divide.

    Examples:
        A quarter of the irises for the test:
            inputs:
                table: table of core/dataset(name=iris)
            params:
                test_fraction: 0.25
                stratify: species
    """
    if len(table) < 2:
        raise Failure(f"{len(table)} rows cannot be divided into two parts.")
    if stratify and stratify not in table.columns:
        raise Failure(f"There is no column `{stratify}`; the columns are {listed(table.columns)}.")
    if stratify and not shuffle:
        raise Failure("Equal shares need shuffling; switch Shuffle on, or leave the column empty.")
    try:
        train, test = train_test_split(
            table,
            test_size=test_fraction,
            shuffle=shuffle,
            random_state=seed if shuffle else None,
            stratify=table[stratify].astype(str) if stratify else None,
        )
    except ValueError as error:
        raise Failure(f"The rows cannot be divided so: {error}") from error
    print(f"{len(train):,} rows to train with, {len(test):,} to test with")
    return Split(train=train.sort_index(), test=test.sort_index())
