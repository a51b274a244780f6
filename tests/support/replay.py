"""What the browser does with events, in Python: the rules of frontend/src/live/reducer.ts."""

import copy
from collections.abc import Iterable
from typing import Any


def apply_events(snapshot: dict[str, Any], events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The run after these events, as a new value.

    Events that the run has already seen are passed over; one that is not the next stops the work
    there, as what is missing would have to be fetched first.
    """
    run = copy.deepcopy(snapshot)
    nodes = {node["id"]: node for node in run["nodes"]}
    for event in events:
        if event["seq"] <= run["last_seq"]:
            continue
        if event["seq"] != run["last_seq"] + 1:
            break
        run["last_seq"] = event["seq"]
        if event["kind"] == "run.state":
            run.update(event["data"])
        elif event["kind"] in ("node.state", "node.progress") and event["node"] in nodes:
            _change(run, nodes[event["node"]], event["data"])
        elif event["kind"] == "item.state":
            parent = nodes[event["node"].partition("[")[0]]
            _move(parent["items"], {event["data"]["was"]: 1}, event["data"]["state"])
        elif event["kind"] == "items.ended":
            data = event["data"]
            _move(nodes[event["node"]]["items"], data["were"], data["state"])
    return run


def _move(counts: dict[str, int], were: dict[str, int], state: str) -> None:
    """So many items that were in these states are in another one now."""
    for before, count in were.items():
        counts[before] -= count
        if not counts[before]:
            del counts[before]
        counts[state] = counts.get(state, 0) + count


def _change(run: dict[str, Any], node: dict[str, Any], change: dict[str, Any]) -> None:
    counts, before, after = run["node_counts"], node["state"], change.get("state")
    if after and after != before:
        counts[before] = counts.get(before, 0) - 1
        if counts[before] <= 0:
            del counts[before]
        counts[after] = counts.get(after, 0) + 1
    if change.get("items_total"):
        node["items"] = {"pending": change["items_total"]}
    node.update(change, id=node["id"])
