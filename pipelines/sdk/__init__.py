"""What a component's author needs: types for ports, `Param` for parameters, and two reporters.

Importing this costs nothing but the standard library; pandas, pyarrow and joblib are loaded only
when a handle is asked for its contents.
"""

from .declare import Param, component
from .errors import Failure
from .handles import File, Handle, Image, Json, Model, Table, Text
from .report import log_metric, report_progress
from .secrets import secret
from .workspace import new_file

__all__ = [
    "Failure",
    "File",
    "Handle",
    "Image",
    "Json",
    "Model",
    "Param",
    "Table",
    "Text",
    "component",
    "log_metric",
    "new_file",
    "report_progress",
    "secret",
]
