"""Choosing QEMU's accelerator.

`auto` means KVM only where KVM is real. Some machines have a /dev/kvm that is a paravirtual
emulation (module `kvm_pvm`, no vmx or svm flag in /proc/cpuinfo): ring 0 runs 400-500 times slower
there than under TCG, and a software breakpoint kills the guest.
"""

from __future__ import annotations

import os
from pathlib import Path

from qemu_scripts.errors import EnvironmentFault

CHOICES = ("tcg", "kvm", "auto")


def _cpu_flags(cpuinfo: Path) -> set[str]:
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def why_not_kvm(
    device: Path = Path("/dev/kvm"),
    cpuinfo: Path = Path("/proc/cpuinfo"),
    modules: Path = Path("/sys/module"),
) -> str | None:
    """The reason why KVM cannot serve here, or None when it can."""
    if not device.exists():
        return f"{device} does not exist"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"{device} is not readable and writable by this user (add the user to group kvm)"
    if not _cpu_flags(cpuinfo) & {"vmx", "svm"}:
        return (
            f"{device} is a paravirtual emulation: the processor offers neither vmx nor svm, and "
            "ring 0 would run hundreds of times slower than under TCG"
        )
    if (modules / "kvm_pvm").exists():
        return f"{device} is the paravirtual emulation of module kvm_pvm"
    return None


def choose(requested: str) -> str:
    """The accelerator for QEMU's -accel: "tcg" or "kvm".

    Raises EnvironmentFault when "kvm" is asked for and is not real here.
    """
    if requested == "tcg":
        return "tcg"
    reason = why_not_kvm()
    if requested == "auto":
        return "tcg" if reason else "kvm"
    if reason:
        raise EnvironmentFault(f"--accel kvm is not possible: {reason}; use --accel tcg")
    return "kvm"
