"""One look for every chart: matplotlib without a display, readable at the size of a preview."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .handles import Image
from .workspace import new_file

#: Distinct for colour-blind eyes as well (Okabe and Ito, 2008).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c", "#000000")
_STYLE: Any = {
    "axes.edgecolor": "#9aa4b2",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": "#344054",
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.size": 11,
    "grid.color": "#e4e7ec",
    "legend.frameon": False,
    "text.color": "#101828",
    "xtick.color": "#475467",
    "ytick.color": "#475467",
}


class Plot:
    """A figure with one set of axes, and after the `with` block the picture of it."""

    def __init__(self, figure: Figure, axes: Axes) -> None:
        self.figure = figure
        self.axes = axes

    def save(self, name: str) -> Image:
        path = new_file(name)
        FigureCanvasAgg(self.figure)
        self.figure.savefig(path, format="png")
        width, height = (int(side * self.figure.dpi) for side in self.figure.get_size_inches())
        return Image(path, media_type="image/png", facts={"width": width, "height": height})


@contextmanager
def plot(title: str = "", width: float = 9.0, height: float = 5.4) -> Iterator[Plot]:
    """Draw inside; sizes are inches at 120 dots each. Call `save` before the block ends."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
        axes = figure.add_subplot()
        if title:
            axes.set_title(title)
        yield Plot(figure, axes)
