from collections.abc import Sequence
from typing import Annotated, Literal

import pandas as pd

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.csvform import guess_encoding, guess_separator
from pipelines.sdk.reading import fetch, is_gzip


@component(title="Read CSV", category="Data in", icon="file-spreadsheet")
def read_csv(
    *,
    path: Annotated[
        str,
        Param(title="File", help="An upload, a path or a URL; gzip is unpacked", format="file"),
    ],
    separator: Annotated[
        Literal["auto", ",", ";", "tab", "|", "space"],
        Param(title="Separator", help="What stands between two values; auto looks at the file"),
    ] = "auto",
    header: Annotated[
        bool, Param(title="First row has names", help="Otherwise columns are column_1, column_2 …")
    ] = True,
    decimal: Annotated[Literal[".", ","], Param(title="Decimal sign", help="3.14 or 3,14")] = ".",
    dates: Annotated[
        Sequence[str],
        Param(title="Date columns", help="Columns to read as dates and times", format="columns"),
    ] = (),
    encoding: Annotated[
        Literal["auto", "utf-8", "latin-1", "cp1252", "utf-16"],
        Param(title="Encoding", help="Auto looks at the file; choose one where letters look wrong"),
    ] = "auto",
    limit: Annotated[
        int | None, Param(title="First rows only", help="Leave empty to read all", minimum=1)
    ] = None,
) -> pd.DataFrame:
    """Read a table from a CSV or TSV file.

    Types are found out from the values. Empty fields, `NA`, `NaN` and `null` are missing values.

    Returns:
        The file's rows.

    Examples:
        A file of daily weather:
            params:
                path: weather.csv
                dates: [date]
    """
    file = fetch(path)
    try:
        # `utf-8-sig` is UTF-8 with or without the mark that Excel puts in front.
        known = {"auto": guess_encoding(file), "utf-8": "utf-8-sig"}
        coded = known.get(encoding, encoding)
        if separator == "auto":
            chosen = guess_separator(file, coded)
        else:
            chosen = {"tab": "\t", "space": r"\s+"}.get(separator, separator)
        frame = pd.read_csv(
            file,
            sep=chosen,
            header=0 if header else None,
            decimal=decimal,
            encoding=coded,
            nrows=limit,
            compression="gzip" if is_gzip(file) else None,
        )
    except pd.errors.EmptyDataError:
        raise Failure(f"`{file.name}` is empty.") from None
    except UnicodeError as error:
        raise Failure(f"`{file.name}` is not {encoding}; choose another encoding.") from error
    except (pd.errors.ParserError, OSError) as error:
        raise Failure(f"`{file.name}` could not be read as CSV: {error}") from error
    if encoding == "auto" and coded == "cp1252":
        print(f"{file.name} is not UTF-8; read as cp1252, as Windows programs write it")
    if not header:
        frame.columns = [f"column_{number}" for number in range(1, len(frame.columns) + 1)]
    missing = [column for column in dates if column not in frame.columns]
    if missing:
        raise Failure(f"There is no column {missing}; the columns are {list(frame.columns)}.")
    for column in dates:
        try:
            frame[column] = pd.to_datetime(frame[column])
        except (ValueError, TypeError) as error:
            raise Failure(f"The column `{column}` is not all dates: {error}") from error
    print(f"read {len(frame):,} rows and {len(frame.columns)} columns from {file.name}")
    return frame
