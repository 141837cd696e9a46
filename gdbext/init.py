"""What `source gdbext/init.py` runs: checks the ground, then loads the commands. Prints one line.

Works from any directory and twice in a row. It must parse on old Pythons, so that they get the
sentence below and not a syntax error: no annotations and no match statements in this file.
"""

import os
import sys

MIN_GDB = (13, 1)
MIN_PYTHON = (3, 11)


def _gdb_version(text):
    """'13.1', '14.0.50.2023-git' or '15 (Ubuntu ...)' -> (13, 1); None when there is no number."""
    numbers = []
    for part in text.replace("-", ".").split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers[:2]) if numbers else None


def _problem(root):
    """The sentence that says why the commands cannot be loaded here, or None."""
    try:
        import gdb
    except ImportError:
        return "this file is for gdb: run `gdb -x %s`, not python" % os.path.join(root, "gdbext/init.py")
    version = _gdb_version(gdb.VERSION)
    if version is None or version + (0,) * (2 - len(version)) < MIN_GDB:
        return "gdb %s is too old: gdb %d.%d or newer is needed; install one and start it instead" % (
            (gdb.VERSION,) + MIN_GDB
        )
    if sys.version_info[:2] < MIN_PYTHON:
        return "this gdb embeds Python %d.%d: a gdb with Python %d.%d or newer is needed" % (
            tuple(sys.version_info[:2]) + MIN_PYTHON
        )
    return None


def _site_packages(root):
    """The project's own packages, for exactly this Python (a venv of another version is no use)."""
    return os.path.join(
        root, ".venv", "lib", "python%d.%d" % tuple(sys.version_info[:2]), "site-packages"
    )


def _main():
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    problem = _problem(root)
    if problem is None:
        for place in (_site_packages(root), root):
            if os.path.isdir(place) and place not in sys.path:
                sys.path.insert(0, place)
        try:
            from gdbext import load
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in ("gdbext", "decoders"):
                raise
            problem = (
                "the Python package %s is missing for Python %d.%d: run `%s` once"
                % ((error.name,) + tuple(sys.version_info[:2]) + (os.path.join(root, "install.sh"),))
            )
    if problem is not None:
        print("clrscope: " + problem, file=sys.stderr)
        return
    print(load.load())


_main()
