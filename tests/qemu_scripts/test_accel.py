"""KVM is used only where it is real."""

from __future__ import annotations

from pathlib import Path

import pytest

from qemu_scripts import accel, qemu
from qemu_scripts.errors import EnvironmentFault


def machine(folder: Path, flags: str, *, device: bool = True, module: str = "kvm") -> list[Path]:
    node = folder / "kvm"
    if device:
        node.touch()
    cpuinfo = folder / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: fpu {flags} sse2\n")
    modules = folder / "module"
    (modules / module).mkdir(parents=True)
    return [node, cpuinfo, modules]


@pytest.mark.parametrize("flag", ["vmx", "svm"])
def test_real_kvm(tmp_path: Path, flag: str) -> None:
    assert accel.why_not_kvm(*machine(tmp_path, flag)) is None


def test_no_virtualization_flag_means_emulation(tmp_path: Path) -> None:
    reason = accel.why_not_kvm(*machine(tmp_path, "svmx vmxx"))
    assert reason is not None and "paravirtual emulation" in reason


def test_the_emulation_s_module(tmp_path: Path) -> None:
    reason = accel.why_not_kvm(*machine(tmp_path, "vmx", module="kvm_pvm"))
    assert reason is not None and "kvm_pvm" in reason


def test_no_device(tmp_path: Path) -> None:
    reason = accel.why_not_kvm(*machine(tmp_path, "vmx", device=False))
    assert reason is not None and "does not exist" in reason


def test_choosing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accel, "why_not_kvm", lambda: "it is Tuesday")
    assert accel.choose("tcg") == "tcg"
    assert accel.choose("auto") == "tcg"
    with pytest.raises(EnvironmentFault, match="Tuesday"):
        accel.choose("kvm")
    monkeypatch.setattr(accel, "why_not_kvm", lambda: None)
    assert accel.choose("auto") == accel.choose("kvm") == "kvm"


def test_qemu_s_version() -> None:
    assert qemu.parse_version("QEMU emulator version 7.2.22 (Debian 1:7.2)") == (7, 2)
    assert qemu.parse_version("QEMU emulator version 10.0.0") == (10, 0)
    assert qemu.parse_version("bash: no") is None


def fake_qemu(folder: Path, answer: str) -> Path:
    script = folder / "fake-qemu"
    script.write_text(f"#!/bin/sh\necho '{answer}'\n")
    script.chmod(0o755)
    return script


def test_qemu_that_is_too_old_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_qemu(tmp_path, "QEMU emulator version 6.2.0")
    monkeypatch.setenv("CLRSCOPE_QEMU", str(old))
    with pytest.raises(EnvironmentFault, match=r"QEMU 6\.2, too old.*7\.2"):
        qemu.find()
    fake_qemu(tmp_path, "something else")
    with pytest.raises(EnvironmentFault, match="does not say"):
        qemu.find()
    monkeypatch.setenv("CLRSCOPE_QEMU", "no-such-qemu")
    with pytest.raises(EnvironmentFault, match=r"not installed.*install\.sh"):
        qemu.find()
