"""Where things are in a checkout: one place, so that no other file spells a folder name."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
KERNEL_SOURCES = ROOT / "reference_kernel"
KERNEL = BUILD / "kernel.elf"
MANAGED = BUILD / "managed"
HOST_LIBRARY = BUILD / "host" / "libclrhost.so"

#: Assemblies that a run without a program hands to the kernel, in load order.
DRIVER_SCENARIO_ASSEMBLIES = ("korlib", "ddk", "virtioblk", "init", "scenarios")
