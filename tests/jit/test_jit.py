"""The JIT alone: its C tests under ASAN and UBSAN, and its code read with capstone.

The code checks follow RSP through each method instruction by instruction and compare it with
what the debug records claim (docs/frame.md).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import capstone
import pytest
from capstone import x86

TOP = Path(__file__).resolve().parents[2]
WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wundef",
    "-Wshadow=local",
    "-Wstrict-prototypes",
    "-Wvla",
]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
CALL_SITE = 4


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C tests, built with sanitizers."""
    out = tmp_path_factory.mktemp("jit") / "test_jit"
    sources = sorted(map(str, (TOP / "jit/src").glob("*.c")))
    here = Path(__file__).parent
    command = ["gcc", "-std=gnu11", "-g", "-O1", *WARNINGS, *SANITIZERS, "-fno-omit-frame-pointer"]
    command += [f"-I{TOP}/jit/include", f"-I{TOP}/jit/src", *sorted(map(str, here.glob("*.c")))]
    subprocess.run([*command, *sources, "-lm", "-o", str(out)], check=True)
    return out


@pytest.fixture(scope="session")
def methods(program: Path) -> list[dict[str, Any]]:
    """Records and code of fixed and of randomly grown methods."""
    text = subprocess.run(
        [program, "--dump", "40"], check=True, capture_output=True, text=True
    ).stdout
    return [json.loads(line) for line in text.splitlines()]


def disassemble(method: dict[str, Any]) -> list[capstone.CsInsn]:
    """The whole code; fails when a byte belongs to no instruction."""
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.detail = True
    code = bytes.fromhex(method["code"])
    instructions = list(engine.disasm(code, 0))
    assert sum(i.size for i in instructions) == len(code), f"{method['name']}: undecodable byte"
    return instructions


def test_runs_right(program: Path) -> None:
    """Every C check holds; garbage is refused with a reason."""
    done = subprocess.run([program, "20000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_compiles_as_kernel_code(tmp_path: Path) -> None:
    """The same sources build freestanding for ring 0 and need nothing but memcpy."""
    objects = []
    for source in sorted((TOP / "jit/src").glob("*.c")):
        objects.append(str(tmp_path / f"{source.stem}.o"))
        subprocess.run(
            [
                "gcc",
                "-std=c11",
                "-O2",
                "-mabi=ms",
                "-ffreestanding",
                "-fno-pic",
                "-mcmodel=kernel",
                "-mno-red-zone",
                "-fno-stack-protector",
                *WARNINGS,
                f"-I{TOP}/jit/include",
                "-c",
                str(source),
                "-o",
                objects[-1],
            ],
            check=True,
        )
    one = tmp_path / "jit.o"
    subprocess.run(["ld", "-r", *objects, "-o", str(one)], check=True)
    listing = subprocess.run(["nm", str(one)], check=True, capture_output=True, text=True).stdout
    names = [line.split() for line in listing.splitlines()]
    assert {n[-1] for n in names if n[-2] == "U"} <= {"memcpy", "memset", "memmove"}
    state = [n[-1] for n in names if n[-2] in "BbDdC"]
    assert state == [], f"writable static state: {state}"


def rsp_change(instruction: capstone.CsInsn) -> int | None:
    """Bytes by which the instruction moves RSP; None when it is no constant."""
    name, operands = instruction.mnemonic, instruction.operands
    if name == "push":
        return -8
    if name == "pop":
        return 8
    if not operands or operands[0].type != x86.X86_OP_REG or operands[0].reg != x86.X86_REG_RSP:
        return 0
    if name in ("add", "sub") and operands[1].type == x86.X86_OP_IMM:
        return int(operands[1].imm) * (1 if name == "add" else -1)
    if name == "lea" and operands[1].mem.base == x86.X86_REG_RSP:
        return int(operands[1].mem.disp)
    return 0 if name in ("cmp", "test") else None


def test_stack_pointer_agrees_with_the_records(methods: list[dict[str, Any]]) -> None:
    """RSP at each IL boundary is what the map says, and a multiple of 16 below RBP at each call."""
    followed = calls = 0
    for method in methods:
        if method["localloc"]:
            continue
        at: dict[int, int] = {}
        for native, _, stack_bytes, _, _ in method["map"]:
            at.setdefault(native, stack_bytes)
        boundaries = {call[0] for call in method["calls"]}
        depth: int | None = None
        body = [i for i in disassemble(method) if i.address >= method["prologue"]]
        for i in body:
            if method["epilogue"][0] <= i.address < method["epilogue"][1]:
                depth = None
                continue
            if i.address in at:
                where = f"{method['name']} +{i.address:#x}"
                assert depth in (None, at[i.address]), (
                    f"{where}: RSP {depth} below, map {at[i.address]}"
                )
                depth = at[i.address]
                followed += 1
            if i.mnemonic == "call":
                assert i.address in boundaries, f"call at {i.address:#x} has no record"
                assert depth is not None and (method["frame"] + depth) % 16 == 0
                assert depth >= 32, "no shadow space"
                calls += 1
            if i.mnemonic in ("jmp", "ret", "int3"):
                depth = None
            elif depth is not None:
                change = rsp_change(i)
                assert change is not None, f"{i.mnemonic} {i.op_str}"
                depth -= change
    assert followed > 1000 and calls > 50


def test_prologue_and_epilogue(methods: list[dict[str, Any]]) -> None:
    """RBP frame, save area, shadow homes, and each saved register back in its place."""
    places = {3: -8, 12: -16, 13: -24, 14: -32, 15: -40}
    numbers = {
        x86.X86_REG_RBX: 3,
        x86.X86_REG_R12: 12,
        x86.X86_REG_R13: 13,
        x86.X86_REG_R14: 14,
        x86.X86_REG_R15: 15,
    }
    seen = set()
    for method in methods:
        code = disassemble(method)
        assert [i.mnemonic for i in code[:2]] == ["push", "mov"] and code[1].op_str == "rbp, rsp"
        saved, restored, written = {}, {}, set()
        for i in code:
            operands = i.operands
            if (
                i.mnemonic == "mov"
                and operands[0].type == x86.X86_OP_MEM
                and i.address < method["prologue"]
            ):
                if operands[1].reg in numbers and operands[0].mem.base == x86.X86_REG_RBP:
                    saved[numbers[operands[1].reg]] = operands[0].mem.disp
            elif method["epilogue"][0] <= i.address < method["epilogue"][1]:
                if i.mnemonic == "mov":
                    restored[numbers[operands[0].reg]] = operands[1].mem.disp
            else:
                written |= {numbers[r] for r in i.regs_access()[1] if r in numbers}
        assert saved == restored == {r: places[r] for r in saved}
        assert written <= set(saved), f"{method['name']} changes {written}, saves {set(saved)}"
        assert sum(1 << r for r in saved) == method["saved"]
        assert method["frame"] % 16 == 0 and method["frame"] >= 40
        seen |= set(saved)
    assert seen >= {3, 12}


def test_call_records_name_call_instructions(methods: list[dict[str, Any]]) -> None:
    """Each record spans exactly one call, inside an IL instruction marked as a call site."""
    for method in methods:
        code = {i.address: i for i in disassemble(method)}
        for start, end in method["calls"]:
            assert code[start].mnemonic == "call" and start + code[start].size == end
            owner = max((m for m in method["map"] if m[0] <= start), key=lambda m: m[0])
            same = [m for m in method["map"] if m[0] == owner[0]]
            assert any(m[4] & CALL_SITE for m in same)
