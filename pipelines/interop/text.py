"""YAML of strangers, with limits; and ours, as people would write it."""

from typing import Any

import yaml

MAX_BYTES = 1024 * 1024
_MAX_NODES = 50_000


class Unreadable(ValueError):
    """The file is not what it should be. The message is for people."""


def load(text: str) -> dict[str, Any]:
    """A mapping. Raises Unreadable for anything else, for aliases and for what is too large."""
    if len(text.encode()) > MAX_BYTES:
        raise Unreadable(f"The file has more than {MAX_BYTES:,} bytes.")
    try:
        for nodes, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                raise Unreadable("The file has YAML aliases (`*name`); write the values out.")
            if nodes > _MAX_NODES:
                raise Unreadable("The file is nested or long beyond reason.")
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Unreadable(f"The file is no YAML: {' '.join(str(error).split())[:300]}") from error
    except RecursionError as error:
        raise Unreadable("The file is nested or long beyond reason.") from error
    if not isinstance(found, dict):
        raise Unreadable("The file is no mapping, so it is no component.")
    return found


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(value: dict[str, Any]) -> str:
    """YAML in the given order, with code as blocks."""
    written = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return str(written)
