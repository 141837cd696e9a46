"""The C# of the kernel, as far as mono on the host can judge it.

korlib's pure parts are compiled under another namespace and compared with mono's class library over
many values; the fault scenarios run with a Check class of their own; the assemblies' metadata is
looked at for what the rest relies on.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from qemu_scripts import paths

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "reference_kernel" / "managed"

#: Files of korlib that use nothing of the runtime. Char's conversions go through Convert: left out.
PURE = (
    "ArrayList", "BigNumber", "Char", "Collation", "Encoding", "Hashtable", "Math", "Number",
    "NumberBuffer", "NumberCustom", "NumberParse", "Random", "StringBuilder", "Unicode",
    "UnicodeTables",
)  # fmt: skip


def mcs(target: Path, *arguments: str | Path) -> None:
    """Compile with mono's class library; the compiler's output becomes the failure."""
    command = ["mcs", "-nologo", "-unsafe", "-warn:0", f"-out:{target}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def renamed(source: str) -> str:
    """The source in namespace Kor instead of System, with System's types in reach."""
    source = re.sub(r"^using System\.Globalization;\n", "", source, flags=re.M)
    source = re.sub(r"^using System\.Text;", "using Kor.Text;", source, flags=re.M)
    source = re.sub(r"^namespace System", "namespace Kor", source, flags=re.M)
    source = re.sub(r"^.* IConvertible\..*\n", "", source, flags=re.M).replace(", IConvertible", "")
    return "using System; using System.Collections; using System.Globalization;\n" + source


def test_korlib_computes_what_mono_computes(tmp_path: Path) -> None:
    for name in PURE:
        text = (SOURCES / "korlib" / f"{name}.cs").read_text()
        (tmp_path / f"{name}.cs").write_text(renamed(text))
    program = tmp_path / "compare.exe"
    mcs(program, *sorted(tmp_path.glob("*.cs")), HERE / "korlib" / "Compare.cs")
    done = subprocess.run(["mono", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith(" 0 differences")


def test_scenarios_pass_where_nothing_is_broken(tmp_path: Path) -> None:
    sources = [*sorted(SOURCES.glob("ddk/**/*.cs")), *sorted(SOURCES.glob("scenarios/**/*.cs"))]
    sources = [source for source in sources if source.name != "Check.cs"]
    program = tmp_path / "scenarios.exe"
    mcs(program, *sources, HERE / "ScenarioShim.cs")
    done = subprocess.run(["mono", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"^\[Scenario\] (\S+) ok$", done.stdout, flags=re.M)
    documented = re.findall(
        r"^\| `(\S+)` \|", (SOURCES / "scenarios" / "SCOPES.md").read_text(), flags=re.M
    )
    assert passed == documented[:15]


def method_rows(assembly: Path) -> dict[str, int]:
    """MethodDef rows of an assembly by `Type::Method` (the first overload)."""
    done = subprocess.run(
        ["monodis", "--method", assembly], capture_output=True, text=True, check=True
    )
    rows: dict[str, int] = {}
    owner = ""
    for line in done.stdout.splitlines():
        if line.startswith("########## "):
            owner = line.removeprefix("########## ")
        elif match := re.match(r"(\d+): .*?([\w.']+) \(", line):
            rows.setdefault(f"{owner}::{match[2]}", int(match[1]))
    return rows


def built(name: str) -> Path:
    assembly = paths.MANAGED / f"{name}.dll"
    if not assembly.exists():
        pytest.fail(f"{assembly} is not built")
    return assembly


def test_token_twins_have_the_same_token() -> None:
    assert method_rows(built("scenarios"))["Scenarios.TokenOnlyRegistry::Value"] == 1
    assert method_rows(built("ddk"))["Ddk.TokenTwin::Value"] == 1
    assert method_rows(built("virtioblk"))["VirtioBlk.FirstRow::Unused"] == 1
    assert method_rows(built("init"))["Kernel.FirstRow::Unused"] == 1


@pytest.mark.parametrize("name", ["korlib", "ddk", "virtioblk", "scenarios", "init"])
def test_assemblies_use_only_what_the_runtime_has(name: str) -> None:
    """No catch or filter, no delegates made, no generic code outside Nullable's own methods."""
    done = subprocess.run(["monodis", built(name)], capture_output=True, text=True, check=True)
    method = ""
    for line in done.stdout.splitlines():
        if match := re.search(r"end of method (\S+)", line):
            method = match[1]
        assert not re.search(r"^\s*(catch|filter) ", line), f"{method}: {line}"
        assert "ldftn" not in line, f"behind {method}: {line}"
        if "call" in line and "`1" in line:
            assert "System.Nullable`1<!0>" in line, f"behind {method}: {line}"
