"""Handles: what a component receives for a port, and may return for one.

A handle is a path with a type. It is `os.PathLike`, so it can be given to `open`, pandas or
DuckDB as it is; its contents are loaded only when asked for.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import Failure
from .workspace import new_file

if TYPE_CHECKING:
    import pandas
    import pyarrow

#: Any JSON value: dict, list, str, int, float, bool or None.
Json = Any


class Text(str):
    """Text of any length. It is a plain `str`; above 1 MiB it travels as an artifact."""

    __slots__ = ()


class Handle(os.PathLike[str]):
    """A file on this machine with a port type, a display name and optional facts about it."""

    type: ClassVar[str] = "file"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str = "",
        media_type: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = Path(path)
        self.name = name or self.path.name
        self.media_type = media_type
        self.facts: dict[str, Any] = dict(facts or {})

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"


class File(Handle):
    """Any file."""


class Image(Handle):
    """A PNG (or JPEG, GIF, WebP) picture."""

    type: ClassVar[str] = "image"


class Table(Handle):
    """A table in a Parquet file."""

    type: ClassVar[str] = "table"

    @classmethod
    def of(cls, data: Any, name: str = "table.parquet") -> "Table":
        """Write a DataFrame, an arrow table or a list of records to a new Parquet file."""
        from . import tables

        return tables.write(data, name)

    def to_pandas(self, columns: Sequence[str] | None = None) -> "pandas.DataFrame":
        return self.to_arrow(columns).to_pandas()

    def to_arrow(self, columns: Sequence[str] | None = None) -> "pyarrow.Table":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(self.path, columns=list(columns) if columns else None)

    @property
    def columns(self) -> list[str]:
        import pyarrow.parquet

        return list(pyarrow.parquet.read_schema(self.path).names)

    @property
    def rows(self) -> int:
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(self.path).num_rows)


class Model(Handle):
    """A fitted estimator in a joblib file. Loading runs code, so only steps ever load one."""

    type: ClassVar[str] = "model"

    #: The attribute under which facts travel on the estimator itself.
    FACTS: ClassVar[str] = "penstock_facts_"

    @classmethod
    def of(cls, estimator: Any, facts: Mapping[str, Any] | None = None) -> "Model":
        """Save an estimator; `facts` (target, features, classes, metrics) travel with it."""
        import joblib

        known = {**_facts_of(estimator), **(facts or {})}
        if hasattr(estimator, "__dict__"):
            setattr(estimator, cls.FACTS, known)
        path = new_file("model.joblib")
        joblib.dump(estimator, path, compress=3)
        return cls(path, name="model.joblib", media_type="application/x-joblib", facts=known)

    def load(self) -> Any:
        """The estimator. Its facts are on this handle's `facts` afterwards."""
        import joblib

        try:
            estimator = joblib.load(self.path)
        except Exception as error:
            raise Failure(
                f"`{self.name}` cannot be loaded as a model ({type(error).__name__}: {error}). "
                "It must be a joblib file, made with the same libraries as are installed here."
            ) from error
        self.facts = {**_facts_of(estimator), **getattr(estimator, self.FACTS, {})}
        return estimator


def _facts_of(estimator: Any) -> dict[str, Any]:
    """What an estimator in scikit-learn's manner tells about itself."""
    facts: dict[str, Any] = {"estimator": type(estimator).__name__}
    features = getattr(estimator, "feature_names_in_", None)
    if features is not None:
        facts["features"] = [str(feature) for feature in features]
    classes = getattr(estimator, "classes_", None)
    if classes is not None:
        facts["classes"] = [
            getattr(label, "item", lambda label=label: label)() for label in classes
        ]
    return facts
