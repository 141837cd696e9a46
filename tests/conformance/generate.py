"""Make the conformance program: C# sources, the opcode assembly in IL, and the executable.

    python -m tests.conformance.generate sources DIR              write the generated C# files
    python -m tests.conformance.generate build DIR [--optimize]  all of them, compiled

The output is the same for the same inputs (random choices have fixed seeds). Groups come from the
gen_*.py modules and from hand-written classes in src/, each marked by a line `// @group NAME`
straight above `public static class`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.conformance.emit import Group, source_file
from tests.conformance.gen_calls import call_groups
from tests.conformance.gen_il import il_groups
from tests.conformance.gen_numeric import conversion_groups, float_groups, integer_groups
from tests.conformance.kinds import support_source

HERE = Path(__file__).resolve().parent
MARK = re.compile(r"// @group (\w+)\s+public (?:unsafe )?static (?:unsafe )?class (\w+)")


class BuildError(Exception):
    """A compiler or tool failed; the text holds its command and output."""


def run_tool(command: list[str], cwd: Path) -> str:
    """Run a tool, return its standard output; BuildError with everything it said if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def handwritten_groups() -> list[tuple[str, str]]:
    """(group, class) of the marked classes in src/, in order of file name and place."""
    found = []
    for path in sorted((HERE / "src").glob("*.cs")):
        found += MARK.findall(path.read_text())
    return found


def main_source(groups: list[tuple[str, str]]) -> str:
    """The entry point: all groups, the named ones, or a list of the names."""
    out = [
        "// Made by generate.py: change that, not this.",
        "using System;",
        "",
        "namespace Conformance",
        "{",
        "    public static class Program",
        "    {",
        "        static bool wantAll;",
        "        static string[] wanted;",
        "        static int ran;",
        "",
        "        static bool Want(string name)",
        "        {",
        "            bool want = wantAll;",
        "            for (int i = 0; i < wanted.Length; i++)",
        "                if (wanted[i] == name)",
        "                    want = true;",
        "            if (want)",
        "            {",
        "                ran++;",
        "                T.Begin(name);",
        "            }",
        "            return want;",
        "        }",
        "",
        "        static void List()",
        "        {",
    ]
    out += [f'            Console.WriteLine("{name}");' for name, _ in groups]
    out += [
        "        }",
        "",
        "        public static int Main(string[] args)",
        "        {",
        "            wanted = args;",
        "            wantAll = args.Length == 0;",
        '            if (args.Length == 1 && args[0] == "--list")',
        "            {",
        "                List();",
        "                return 0;",
        "            }",
    ]
    for name, class_name in groups:
        out += [f'            if (Want("{name}"))', f"                {class_name}.Run();"]
    out += [
        "            if (ran < (wantAll ? 1 : args.Length))",
        "            {",
        '                Console.WriteLine("no such group; --list shows them");',
        "                return 2;",
        "            }",
        '            Console.WriteLine("done");',
        "            return 0;",
        "        }",
        "    }",
        "}",
        "",
    ]
    return "\n".join(out)


def write_sources(folder: Path) -> list[Path]:
    """Write the generated C# files into `folder`; the files to compile, hand-written ones too."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[Group]] = {
        "Integers": integer_groups(),
        "Conversions": conversion_groups(),
        "Floats": float_groups(),
        "Calls": call_groups(),
        "Il": il_groups(),
    }
    registry = [(g.name, g.class_name) for groups in files.values() for g in groups]
    registry += handwritten_groups()
    names = [name for name, _ in registry]
    if len(set(names)) != len(names):
        raise BuildError(f"a group name is used twice: {sorted(names)}")
    texts = {name: source_file(groups) for name, groups in files.items()}
    texts["Structs"] = support_source()
    texts["Main"] = main_source(registry)
    written = []
    for name, text in texts.items():
        path = folder / f"{name}.gen.cs"
        path.write_text(text)
        written.append(path)
    return written + sorted((HERE / "src").glob("*.cs"))


def build_opcodes(folder: Path) -> Path:
    """Opcodes.dll: methods in IL that no C# compiler emits, written by il/*.cs under mono."""
    tool = folder / "EmitOpcodes.exe"
    sources = [str(path) for path in sorted((HERE / "il").glob("*.cs"))]
    run_tool(["mcs", "-nologo", f"-out:{tool}", *sources], folder)
    run_tool(["mono", str(tool), "Opcodes.dll"], folder)
    return folder / "Opcodes.dll"


def build(folder: Path, optimize: bool = False) -> Path:
    """Conformance.exe (and Opcodes.dll beside it) in `folder`; BuildError when a tool fails."""
    sources = write_sources(folder)
    opcodes = build_opcodes(folder)
    exe = folder / "Conformance.exe"
    flag = "-optimize+" if optimize else "-optimize-"
    run_tool(
        [
            "mcs",
            "-nologo",
            "-unsafe",
            "-debug",
            flag,
            "-warn:0",
            f"-r:{opcodes}",
            f"-out:{exe}",
            *map(str, sources),
        ],
        folder,
    )
    return exe


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("sources", "build"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--optimize", action="store_true")
    options = parser.parse_args()
    try:
        if options.what == "sources":
            write_sources(options.folder)
        else:
            print(build(options.folder.resolve(), options.optimize))
    except BuildError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
