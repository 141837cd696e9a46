"""Seed inputs: real small assemblies, and images made by hand for the formats that mcs does not
write (the uncompressed stream, wide heaps, PE32+, sections behind a method's code)."""

import struct
import subprocess
from pathlib import Path

from tests.runtime_metadata.image_builder import Image
from tests.runtime_metadata.tools import OUT, ROOT, build_samples, is_fresh, need

PROGRAMS = ROOT / "tests" / "programs"
IL_EMITTER = ROOT / "tests" / "conformance" / "il"

SMALL = 32 * 1024
"""Bytes; above this a fuzzer spends its time on copying."""


def made_by_hand() -> dict[str, bytes]:
    """Name to image."""
    images: dict[str, bytes] = {}
    for name, plus, heaps, stream in (
        ("plain", False, 0, b"#~"), ("wide", True, 7, b"#~"), ("pointers", False, 2, b"#-"),
    ):
        image = Image.minimal()
        image.pe32_plus, image.heap_sizes, image.stream_name = plus, heaps, stream
        image.tables["TypeDef"].append((1, image.string("T"), 0, 0, 1, 1))
        image.tables["Field"] = [(6, image.string("f"), image.blob(b"\x06\x15\x12\x08\x01\x0e"))]
        clauses = struct.pack("<HHBHBI", 0, 0, 4, 4, 4, 0x02000001)
        code = struct.pack("<HHII", 0x301B, 4, 8, 0x11000001) + b"\0" * 7 + b"\x2a"
        code += bytes([0x82, 8, 0, 0, 0, 0, 0, 0, 1, 16, 0, 0]) + clauses
        signature = image.blob(b"\x20\x01\x01\x1b\x00\x01\x01\x08")
        image.tables["MethodDef"] = [(image.method(code), 0, 6, image.string("M"), signature, 1)]
        image.tables["StandAloneSig"] = [(image.blob(b"\x07\x01\x14\x08\x02\x01\x05\x01\x7f"),)]
        if stream == b"#-":
            image.tables["FieldPtr"] = [(1,)]
            image.tables["MethodPtr"] = [(1,)]
        images[f"{name}.dll"] = image.build()
    return images


def write_seeds() -> Path:
    """Writes all seeds into build/tests/seeds. Returns that folder."""
    folder = OUT / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in build_samples().items():
        data = path.read_bytes()
        if len(data) <= SMALL:
            (folder / name).write_bytes(data)
    for name, data in made_by_hand().items():
        (folder / name).write_bytes(data)
    return folder


def write_program_seeds() -> Path:
    """Programs that compile to the last method, for the JIT: those of tests/programs, and the
    conformance suite's assembly of the opcodes that C# does not produce. Returns the folder."""
    folder = OUT / "program-seeds"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(PROGRAMS.glob("*.cs")):
        if "library" in source.name:
            continue            # needs a second assembly
        output = folder / f"{source.stem}.exe"
        if not is_fresh(output, [source]):
            compile_program([source], output)
    opcodes = folder / "Opcodes.dll"
    sources = sorted(IL_EMITTER.glob("*.cs"))
    if not is_fresh(opcodes, sources):
        emitter = OUT / "EmitOpcodes.exe"
        compile_program(sources, emitter)
        run_checked([need("mono"), str(emitter), opcodes.name], folder)
    return folder


def compile_program(sources: list[Path], output: Path) -> None:
    """mcs against mono's class library; RuntimeError with its text when it fails."""
    run_checked([need("mcs"), "-nologo", "-warn:0", "-unsafe", f"-out:{output}",
                 *map(str, sources)])


def run_checked(command: list[str], cwd: Path | None = None) -> None:
    """RuntimeError with the tool's text when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    print(write_seeds(), write_program_seeds())
