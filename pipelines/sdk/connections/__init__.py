"""Connections: what types there are, and the ones that a step was given by name.

A type is one module with a `TYPE`; it loads what it dials with only when it dials.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Failure
from . import http, postgresql, slack
from .contract import CannotConnect, Tested, Type

TYPES: Mapping[str, Type] = {type.name: type for type in (postgresql.TYPE, http.TYPE, slack.TYPE)}

__all__ = ["TYPES", "CannotConnect", "Tested", "Type", "connection"]


def connection(name: str) -> tuple[Type, Mapping[str, Any]]:
    """The type and the fields of a connection that the node names.

    Raises Failure for one that this step was not given.
    """
    inputs = os.environ.get("PENSTOCK_INPUTS")
    given = json.loads(Path(inputs).read_bytes()).get("connections") or {} if inputs else {}
    if name not in given:
        raise Failure(
            f"This step is given no connection `{name}`; choose it in a parameter of the node."
        )
    return TYPES[given[name]["type"]], given[name]["fields"]
