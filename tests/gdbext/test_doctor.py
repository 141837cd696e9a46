"""`clr-doctor` in gdb, live: everything, one method, one address, JSON and SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Guest

pytestmark = pytest.mark.guest
METHOD = "Ddk.PciDeviceInfo::ReadProgIf"


def test_everything(faulted_ram: Guest) -> None:
    done = faulted_ram.gdb("clr-doctor", "clr-doctor --json")
    assert "page fault at CR2=0x13: write to an unmapped page" in done.out
    assert f"1. argument-home: in {METHOD}: `this` arrives in rcx" in done.out, done.text
    assert "the fault happened in this very method" in done.out
    assert "null PciDeviceInfo, field ProgIf at +19" in done.out
    report = done.json
    (first,) = report["findings"]
    assert first["rule"]["id"] == "argument-home" and first["place"]["line"] > 0
    assert report["fault"]["cr2"] == "0x13" and report["problems"] == []
    assert report["coverage"]["frames"] > 3


def test_one_thing(faulted_ram: Guest, tmp_path: Path) -> None:
    target = tmp_path / "findings.sarif"
    done = faulted_ram.gdb(
        f"clr-doctor -sarif {target} {METHOD}", "clr-doctor Ddk.PciDeviceInfo",
        "clr-doctor 0xffff800000100010", "clr-doctor No.Such::Method")
    assert done.out.count("1. argument-home") == 2, done.text
    assert "has a method 'No.Such::Method'" in done.err
    sarif = json.loads(target.read_text())
    (run,) = sarif["runs"]
    (result,) = run["results"]
    assert sarif["version"] == "2.1.0" and result["level"] == "error"
    rules = run["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "argument-home"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("PciDeviceInfo.cs")


def test_a_file_that_cannot_be_written(faulted_ram: Guest) -> None:
    done = faulted_ram.gdb(f"clr-doctor -sarif /no/such/folder/x {METHOD}")
    assert "cannot write /no/such/folder/x: No such file or directory" in done.err, done.text
