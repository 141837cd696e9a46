"""Rules of the package as a whole: what it imports, and that its documentation runs."""

from __future__ import annotations

import ast
import lzma
import re
import subprocess
import sys
from pathlib import Path

import pytest

from decoders.memory import ElfCore
from tests.decoders.test_snapshot import FIXTURE, contract_address

PACKAGE = Path(__file__).parents[2] / "decoders"
FOREIGN = {"gdb", "gdbext", "qemu_scripts"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_knows_neither_gdb_nor_qemu() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 30
    assert {str(f): imports(f) & FOREIGN for f in files if imports(f) & FOREIGN} == {}


def test_imports_quickly() -> None:
    code = ("import sys; import decoders.frames, decoders.compare, decoders.source, "
            "decoders.render; print(*sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True,
                          text=True, cwd=PACKAGE.parent)
    # What takes long to load is loaded when it is first needed.
    assert not {"numpy", "unicorn", "pygdbmi", "qemu"} & set(done.stdout.split())


def test_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (PACKAGE / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (output,) = re.findall(r"```\n([^`]*)```\n?\Z", text)
    data = lzma.decompress(FIXTURE.read_bytes())
    (tmp_path / "crash.core").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"contract_address": contract_address(ElfCore(data))})
    assert capsys.readouterr().out == output


def test_readme_names_what_exists() -> None:
    text = (PACKAGE / "README.md").read_text()
    for package, names in re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE):
        module = __import__(f"decoders.{package}", fromlist=["*"])
        for name in re.findall(r"`([A-Za-z_]+)`", names):
            if name != "Memory" and not name.startswith("."):
                assert hasattr(module, name), f"decoders.{package}.{name}"
