from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import pandas as pd

from pipelines.sdk import Failure, Image, Param, component
from pipelines.sdk.duck import listed
from pipelines.sdk.plots import plot

MAX_BARS = 60


class Chart(NamedTuple):
    """A picture and what it was drawn from.

    Attributes:
        image: The chart as a PNG picture.
        table: The values that the chart shows.
    """

    image: Image
    table: pd.DataFrame


@component(title="Chart", category="Evaluate", icon="chart-column")
def chart(
    table: pd.DataFrame,
    *,
    kind: Annotated[
        Literal["bar", "line", "scatter", "histogram", "box"],
        Param(title="Kind", help="How the values are drawn"),
    ] = "bar",
    x: Annotated[
        str,
        Param(
            title="Across",
            help="Column along the bottom; its values, if a histogram",
            format="column",
            min_length=1,
        ),
    ],
    y: Annotated[
        Sequence[str],
        Param(title="Up", help="Columns to draw; empty counts rows", format="columns"),
    ] = (),
    colour: Annotated[
        str,
        Param(title="Colour by", help="One colour for each value of this column", format="column"),
    ] = "",
    summary: Annotated[
        Literal["none", "mean", "sum", "median", "min", "max"],
        Param(title="Summarise", help="How to combine rows that share a place on the bottom"),
    ] = "none",
    title: Annotated[str, Param(title="Title", help="Above the chart")] = "",
    bins: Annotated[
        int, Param(title="Bars of a histogram", help="How many", minimum=2, maximum=200)
    ] = 30,
) -> Chart:
    """Draw a bar, line, scatter or box chart or a histogram, and give its data too.

    Without a column for *Up*, bars and lines count the rows. Dates across the bottom are spaced by
    time.

    Args:
        table: The rows to draw.

    Examples:
        Mean temperature by kind of weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                kind: bar
                x: weather
                y: [temp_max, temp_min]
                summary: mean
                title: Temperature by weather
        Temperature over time:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params: {kind: line, x: date, y: [temp_max]}
        Two measures of irises:
            inputs:
                table: table of core/dataset(name=iris)
            params: {kind: scatter, x: petal_length_cm, y: [petal_width_cm], colour: species}
        How warm days are:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params: {kind: histogram, x: temp_max, colour: weather}
        Wind by kind of weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params: {kind: box, x: weather, y: [wind]}
    """
    wanted = [x, *y, *([colour] if colour else [])]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise Failure(
            f"There is no column {listed(missing)}; the columns are {listed(table.columns)}."
        )
    if table.empty:
        raise Failure("There are no rows to draw.")
    if kind != "histogram":
        texts = [name for name in y if not pd.api.types.is_numeric_dtype(table[name])]
        if texts:
            raise Failure(f"`{texts[0]}` is not a number, so it cannot be drawn upwards.")
    elif not pd.api.types.is_numeric_dtype(table[x]):
        raise Failure(f"A histogram needs numbers, and `{x}` is not; draw bars instead.")
    data = table[list(dict.fromkeys(wanted))].copy()
    if pd.api.types.infer_dtype(data[x], skipna=True) == "date":
        data[x] = pd.to_datetime(data[x])
    keys = [x, *([colour] if colour else [])]
    values = list(y)
    if kind in ("bar", "line"):
        if not values:
            values = ["rows"]
            data = data.groupby(keys, dropna=False, sort=True).size().reset_index(name="rows")
        elif summary != "none":
            data = data.groupby(keys, dropna=False, sort=True)[values].agg(summary).reset_index()
        elif kind == "line":
            data = data.sort_values(x)
        if kind == "bar" and data[x].nunique() > MAX_BARS:
            raise Failure(
                f"`{x}` has {data[x].nunique():,} different values, too many for bars; "
                "draw a line or a histogram, or group the rows first."
            )
    with plot(title) as drawing:
        axes = drawing.axes
        groups = list(data.groupby(colour, sort=True)) if colour else [("", data)]
        if kind == "histogram":
            axes.hist(
                [part[x].dropna() for _, part in groups],
                bins=bins,
                stacked=True,
                label=[str(name) for name, _ in groups],
            )
        elif kind == "scatter":
            if not values:
                raise Failure("A scatter chart needs a column for Up.")
            for name, part in groups:
                for value in values:
                    label = " ".join(filter(None, [str(name), value if len(values) > 1 else ""]))
                    axes.scatter(part[x], part[value], s=22, alpha=0.75, label=label)
        elif kind == "box":
            if len(values) != 1:
                raise Failure("A box chart needs exactly one column for Up.")
            boxes = list(data.dropna(subset=values).groupby(x, sort=True))
            axes.boxplot(
                [part[values[0]] for _, part in boxes], tick_labels=[str(name) for name, _ in boxes]
            )
        else:
            series = [
                (
                    " ".join(
                        filter(None, [str(name), value if len(values) > 1 or not colour else ""])
                    ),
                    part.set_index(x)[value],
                )
                for name, part in groups
                for value in values
            ]
            if kind == "line":
                for label, line in series:
                    axes.plot(line.index, line.to_numpy(), linewidth=1.6, label=label)
            else:
                places = {place: index for index, place in enumerate(data[x].drop_duplicates())}
                width = 0.8 / len(series)
                for number, (label, bars) in enumerate(series):
                    offset = (number - (len(series) - 1) / 2) * width
                    axes.bar(
                        [places[place] + offset for place in bars.index], bars, width, label=label
                    )
                axes.set_xticks(range(len(places)), [str(place) for place in places])
        ticks = axes.get_xticklabels()
        if kind in ("bar", "box") and sum(len(tick.get_text()) for tick in ticks) > 70:
            axes.tick_params(axis="x", rotation=45)
        axes.set_xlabel(x)
        axes.set_ylabel("rows" if kind == "histogram" else ", ".join(values))
        labels = axes.get_legend_handles_labels()[1]
        if len(labels) > 1:
            axes.legend(title=colour or None, loc="best")
        image = drawing.save("chart.png")
    return Chart(image=image, table=data)
