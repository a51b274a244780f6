from importlib.resources import files
from typing import Annotated, Literal

import pandas as pd
from sklearn import datasets

from pipelines.sdk import Param, component


@component(title="Example dataset", category="Data in", icon="database")
def dataset(
    *,
    name: Annotated[
        Literal["seattle_weather", "iris", "wine", "breast_cancer", "diabetes", "digits"],
        Param(title="Dataset", help="Which of the bundled datasets"),
    ] = "seattle_weather",
) -> pd.DataFrame:
    """Load a real dataset that comes with Penstock, with no network.

    - `seattle_weather`: daily weather in Seattle, 2012 to 2015 (NOAA); 1,461 rows
    - `iris`: measurements of 150 irises, with their `species`
    - `wine`: chemical analysis of 178 Italian wines, with their `cultivar`
    - `breast_cancer`: measurements of 569 tumours, with their `diagnosis`
    - `diabetes`: ten measurements of 442 patients, with the disease's `progression` a year later
    - `digits`: 1,797 handwritten digits as 64 grey values, with the `digit`

    Returns:
        The dataset, with the value that one would predict in the last column.

    Examples:
        Irises:
            params:
                name: iris
    """
    if name == "seattle_weather":
        file = files("pipelines.library").joinpath("data/seattle-weather.csv")
        with file.open() as lines:
            frame = pd.read_csv(lines, parse_dates=["date"])
        frame["date"] = frame["date"].dt.date
        return frame
    loader, target, labels = {
        "iris": (datasets.load_iris, "species", True),
        "wine": (datasets.load_wine, "cultivar", True),
        "breast_cancer": (datasets.load_breast_cancer, "diagnosis", True),
        "diabetes": (datasets.load_diabetes, "progression", False),
        "digits": (datasets.load_digits, "digit", False),
    }[name]
    bunch = loader()
    columns = [
        str(column).replace(" (cm)", "_cm").replace(" ", "_") for column in bunch.feature_names
    ]
    frame = pd.DataFrame(bunch.data, columns=columns)
    frame[target] = bunch.target_names[bunch.target] if labels else bunch.target
    return frame
