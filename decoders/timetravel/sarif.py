"""A guilty store in a SARIF result: a related location, and the sentence as a property."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def add_store(result: dict[str, Any], answer: Mapping[str, Any]) -> None:
    """Add a plain StoreAnswer to the SARIF result of its finding (SARIF 3.27.22)."""
    result.setdefault("properties", {})["lastWrite"] = {
        key: answer[key] for key in ("sentence", "value", "certainty", "source", "next_look")}
    place = answer["place"]
    if place is None:
        return
    location: dict[str, Any] = {"message": {"text": answer["sentence"]}}
    caller = place["caller"]
    source = place if place["file"] else caller
    if source and source["file"] and source["line"]:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": source["file"].replace("\\", "/").removeprefix("./")},
            "region": {"startLine": source["line"]},
        }
    else:
        location["physicalLocation"] = {"address": {"absoluteAddress": int(place["pc"], 16)}}
    name = f"{place['assembly']}!{place['method']}" if place["assembly"] else place["method"]
    location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"}]
    result["relatedLocations"] = [location]
