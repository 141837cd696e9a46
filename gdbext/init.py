"""What `source gdbext/init.py` runs: checks the ground, then loads the commands. Prints one line.

Works from any directory and twice in a row. It must parse on older Pythons, so that they get the
sentence below and not a syntax error: no annotations and no match statements in this file.
"""
# mypy: allow-untyped-defs

import sys
from pathlib import Path

MIN_GDB = (13, 1)
MIN_PYTHON = (3, 11)


def _gdb_version(text):
    """'13.1', '14.0.50.2023-git' or '15 (Ubuntu ...)' -> (13, 1); None when there is no number."""
    numbers = []
    for part in text.replace("-", ".").split(" ")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else None


def _problem(root):
    """The sentence that says why the commands cannot be loaded here, or None."""
    try:
        import gdb
    except ImportError:
        return f"this file is for gdb: run `gdb -x {root / 'gdbext' / 'init.py'}`, not python"
    version = _gdb_version(gdb.VERSION)
    if version is None or version < MIN_GDB:
        return (
            f"gdb {gdb.VERSION} is too old: {MIN_GDB[0]}.{MIN_GDB[1]} or newer is needed; "
            "install one and start it instead"
        )
    if sys.version_info[:2] < MIN_PYTHON:
        return (
            f"this gdb embeds Python {sys.version_info[0]}.{sys.version_info[1]}: a gdb with "
            f"Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer is needed"
        )
    return None


def _main():
    root = Path(__file__).resolve().parent.parent
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    problem = _problem(root)
    if problem is None:
        # A venv of another Python version is no use, so the path names exactly this one.
        for place in (root / ".venv" / "lib" / python / "site-packages", root):
            if place.is_dir() and str(place) not in sys.path:
                sys.path.insert(0, str(place))
        from gdbext import requirements

        problem = requirements.problem(f"run `{root / 'install.sh'}` once")
    if problem is None:
        from gdbext import load

        print(load.load())
    else:
        print("clrscope: " + problem, file=sys.stderr)


_main()
