"""The key under which a node's outputs may be used again."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: Raised when the way the key is made changes, so that no old entry is ever taken for a new one.
VERSION = 1


def cache_key(component_digest: str, params: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """SHA-256 in hex over what a deterministic step depends on.

    `inputs` maps each port to a value, a reference `{"artifact": digest, ...}`, or a list of
    those. Of a reference only digest and type count: the same bytes under another name are the
    same input.
    """
    material = {
        "version": VERSION,
        "component": component_digest,
        "params": params,
        "inputs": {port: _essence(value) for port, value in inputs.items()},
    }
    text = json.dumps(material, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _essence(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("artifact"), str):
        return {"artifact": value["artifact"], "type": value.get("type")}
    if isinstance(value, list):
        return [_essence(item) for item in value]
    return value
