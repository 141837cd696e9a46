"""Every clr-* command answers on a dump as it does live. The commands come from the registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qemu_scripts import paths
from tests.gdbext.conftest import FATAL, INIT, Guests, words
from tests.postmortem.conftest import Result, run_gdb

pytestmark = pytest.mark.guest
#: These move the target, stop it or write files; the last test has them.
_MOVERS = {"clr-step", "clr-next", "clr-finish", "clr-break", "clr-catch", "clr-stfld-trace",
           "clr-trace", "clr-dump", "clr-postmortem"}
#: These ask QEMU itself, or need a replay: a dump is neither, and refuses in other words.
_OF_QEMU = {"clr-vm", "clr-last-write", "clr-history", "clr-reverse-step", "clr-reverse-next"}
#: Times and names of temporary files.
_MOMENTARY = re.compile(r"/tmp/clr-\w+-\w+|\b[\d.]+ ms\b|\"\w*(seconds|ms)\": [\d.]+")
_EXTRA = (
    "clr-frame 5", "clr-obj 0xffff800000103078", "clr-statics System.Console",
    "clr-str 0xffff800000100010",
)


def _questions() -> list[str]:
    """The examples of every command that looks without touching."""
    listed = run_gdb(*words([
        f"source {INIT}",
        "python import json; from gdbext.command import SPECS; "
        "print('SPECS', json.dumps({n: s.examples for n, s in SPECS.items()}))"]))
    found = re.search(r"^SPECS (.*)$", listed.out, re.MULTILINE)
    assert found, listed.text
    specs: dict[str, list[str]] = json.loads(found[1])
    assert len(specs) > 20
    examples = [
        e for name, all_of in sorted(specs.items()) for e in all_of
        if name not in _MOVERS | _OF_QEMU
        # The doctor takes its time: once is enough of that.
        and e.split()[0] == name and not re.search(r" -(sarif|out|facts)|doctor --json", e)]
    assert {e.split()[0] for e in examples} == set(specs) - _MOVERS - _OF_QEMU
    return [*examples, *_EXTRA]


def _answers(folder: Path, questions: list[str], *first: str) -> dict[str, str]:
    """Each question with what gdb said, errors included."""
    commands = [*first, "set confirm off", "set pagination off"]
    for question in questions:
        quoted = question.replace("\\", "\\\\").replace("'", "\\'")
        commands += [
            f"echo \\n@@@{questions.index(question)}\\n",
            "python\ntry:\n  gdb.execute('" + quoted + "')\nexcept gdb.error as e:\n"
            "  print('error:', e)\nend",
        ]
    commands.append("echo \\n@@@end\\n")  # what gdb says when it leaves is no answer
    script = "\n".join(commands) + "\n"
    path = folder / "script.gdb"
    path.write_text(script, encoding="utf-8")
    result = run_gdb("-x", str(path), timeout=240)
    said = result.out.partition("\n@@@end\n")[0]
    parts = re.split(r"^@@@(\d+)\n", said, flags=re.MULTILINE)
    answers = {
        questions[int(n)]: _MOMENTARY.sub("...", text.strip())
        for n, text in zip(parts[1::2], parts[2::2], strict=True)}
    assert set(answers) == set(questions), result.text
    return answers


def test_every_command_answers_as_it_does_live(guests: Guests, tmp_path: Path) -> None:
    guest = guests.start(fault="this-not-homed", at=FATAL, ram=True)
    core = tmp_path / "guest.core"
    dumped = guest.gdb(f"clr-dump {core}")
    assert core.exists(), dumped.text
    questions = _questions()
    live = _answers(
        tmp_path, questions, f"file {paths.KERNEL}", f"source {INIT}",
        "set architecture i386:x86-64", f"target remote {guest.socket}")
    dump = _answers(
        tmp_path, questions, f"file {paths.KERNEL}", f"core-file {core}", f"source {INIT}")
    different = {q: (live[q], dump[q]) for q in questions if live[q] != dump[q]}
    # Neither can go back in time, and each says why in its own words.
    assert not {
        q: both for q, both in different.items() if not all("cannot go back" in a for a in both)}
    # An error is an answer too, but most are none.
    assert sum(a.startswith("error:") for a in live.values()) < len(questions) // 3, live


def test_what_moves_a_target_says_that_a_dump_does_not_run(
    guests: Guests, tmp_path: Path
) -> None:
    guest = guests.start(fault="this-not-homed", at=FATAL, ram=True)
    core = tmp_path / "guest.core"
    guest.gdb(f"clr-dump {core}")
    for command in ("clr-step", "clr-next", "clr-finish", f"clr-dump {tmp_path / 'again'}",
                    "clr-stfld-trace on", "clr-trace calls on"):
        shown = run_gdb(str(paths.KERNEL), "--core", str(core),
                        *words([f"source {INIT}", command]))
        said = shown.err.strip().splitlines()[-1:]
        assert said and "Traceback" not in shown.err, (command, shown.text)
        assert not (tmp_path / "again").exists()


def test_a_truncated_dump_says_so_once(faulted: Result, tmp_path: Path) -> None:
    cut = tmp_path / "cut.core"
    cut.write_bytes(faulted.core.read_bytes()[:1_300_000])
    ask = ["clr-frame", "clr-heap -stat"]
    done = run_gdb(*words([
        f"file {paths.KERNEL}", f"source {INIT}", f"core-file {cut}", *ask,
        f"core-file {faulted.core}", "clr-frame"]))
    whole = faulted.core.stat().st_size
    sentence = rf"^clrscope: the dump {cut} is truncated: it has 1300000 bytes of (\d+); "
    promised = re.findall(sentence, done.err, re.M)
    assert len(promised) == 1 and 1_300_000 < int(promised[0]) <= whole, done.text
    assert "ReadProgIf" in done.out and "Traceback" not in done.text
