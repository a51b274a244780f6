"""What the machine-learning components share: estimators by name, and features out of tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .duck import listed
from .errors import Failure

Task = Literal["classification", "regression"]

_ESTIMATORS: dict[Task, dict[str, Callable[..., BaseEstimator]]] = {
    "classification": {
        "logistic_regression": lambda **options: LogisticRegression(max_iter=2000, **options),
        "random_forest": RandomForestClassifier,
        "gradient_boosting": GradientBoostingClassifier,
        "decision_tree": DecisionTreeClassifier,
        "nearest_neighbours": KNeighborsClassifier,
        "naive_bayes": GaussianNB,
        "support_vectors": SVC,
    },
    "regression": {
        "linear": LinearRegression,
        "ridge": Ridge,
        "random_forest": RandomForestRegressor,
        "gradient_boosting": GradientBoostingRegressor,
        "decision_tree": DecisionTreeRegressor,
        "nearest_neighbours": KNeighborsRegressor,
        "support_vectors": SVR,
    },
}


def estimator(task: Task, name: str, options: Mapping[str, Any], seed: int) -> Pipeline:
    """An unfitted pipeline: missing values filled, numbers scaled, categories one-hot, estimator.

    `options` are the estimator's own arguments. Raises Failure, listing the arguments that there
    are, for one that it does not have.
    """
    make = _ESTIMATORS[task][name]
    known = make().get_params()
    unknown = [option for option in options if option not in known]
    if unknown:
        raise Failure(
            f"{type(make()).__name__} has no option {listed(unknown)}; it has {listed(known)}."
        )
    seeded = {"random_state": seed} if "random_state" in known else {}
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="(missing)"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=50),
    )
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("categories", categories, make_column_selector(dtype_exclude="number")),
        ],
        verbose_feature_names_out=False,
    )
    return Pipeline([("prepare", prepare), ("model", make(**{**seeded, **options}))])


def target_of(frame: pd.DataFrame, target: str, task: Task) -> pd.Series:
    """The column to predict. Raises Failure when it is not there, or not fit for the task."""
    if target not in frame.columns:
        raise Failure(f"There is no column `{target}`; the columns are {listed(frame.columns)}.")
    values = frame[target]
    if values.isna().any():
        raise Failure(
            f"The target `{target}` has {values.isna().sum():,} missing values; "
            "drop those rows first (Drop missing values)."
        )
    if task == "regression" and not pd.api.types.is_numeric_dtype(values):
        raise Failure(
            f"The target `{target}` is not a number; train a classifier to predict categories."
        )
    if task == "classification":
        if values.nunique() < 2:
            raise Failure(
                f"The target `{target}` has one value only, so there is nothing to learn."
            )
        if pd.api.types.is_float_dtype(values) and values.nunique() > 50:
            raise Failure(
                f"The target `{target}` has {values.nunique():,} different numbers; "
                "train a regressor to predict numbers."
            )
        return values.astype(str) if not pd.api.types.is_numeric_dtype(values) else values
    return values


def features_of(frame: pd.DataFrame, names: Sequence[str], target: str = "") -> pd.DataFrame:
    """The columns to learn from, as numbers and text; `names` empty means all but the target.

    Dates become days since 1970. Raises Failure for columns that are not there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise Failure(
            f"There is no column {listed(missing)}; the columns are {listed(frame.columns)}."
        )
    chosen = frame[list(names)] if names else frame.drop(columns=[target], errors="ignore")
    if target and target in chosen.columns:
        raise Failure(f"The target `{target}` cannot be a feature too.")
    if chosen.empty or not len(chosen.columns):
        raise Failure("There are no rows or no feature columns to work with.")
    return pd.DataFrame({str(name): _feature(chosen[name]) for name in chosen.columns})


def _feature(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column):
        return column.astype(float)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    if pd.api.types.is_datetime64_any_dtype(column) or _holds_dates(column):
        days = pd.to_datetime(column, utc=True) - pd.Timestamp("1970-01-01", tz="UTC")
        return days.dt.total_seconds() / 86400
    texts = column.astype(object).where(column.notna(), None)
    return texts.map(lambda value: None if value is None else str(value)).astype(object)


def _holds_dates(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime")
