"""Profiles as files of other tools."""

from __future__ import annotations

import json
from collections.abc import Mapping

from qemu_scripts.traces.managed import FrameName, Stack


def to_collapsed(stacks: Mapping[Stack, int]) -> str:
    """A line for each stack, "outermost;...;innermost WEIGHT", as flamegraph.pl reads it."""
    lines: dict[str, int] = {}
    for stack, weight in stacks.items():
        # The format has no escape for its separator.
        key = ";".join(frame.name.replace(";", ":") for frame in stack)
        lines[key] = lines.get(key, 0) + weight
    return "".join(f"{key} {weight}\n" for key, weight in sorted(lines.items()))


def to_speedscope(stacks: Mapping[Stack, int], name: str, unit: str) -> str:
    """speedscope's JSON (its file-format-schema.json): one sampled profile, weighted.

    unit: what the weights count; the format knows units of time and size only, so it goes into the
    profile's name.
    """
    frames: dict[FrameName, int] = {}
    samples: list[list[int]] = []
    weights: list[int] = []
    for stack, weight in sorted(stacks.items(), key=lambda item: [f.name for f in item[0]]):
        samples.append([frames.setdefault(frame, len(frames)) for frame in stack])
        weights.append(weight)
    return json.dumps(
        {
            "$schema": "https://www.speedscope.app/file-format-schema.json",
            "name": name,
            "exporter": "clrscope",
            "activeProfileIndex": 0,
            "shared": {
                "frames": [{"name": frame.name, "file": frame.kind.value} for frame in frames]
            },
            "profiles": [
                {
                    "type": "sampled",
                    "name": f"{name} ({unit})",
                    "unit": "none",
                    "startValue": 0,
                    "endValue": sum(weights),
                    "samples": samples,
                    "weights": weights,
                }
            ],
        },
        separators=(",", ":"),
    )
