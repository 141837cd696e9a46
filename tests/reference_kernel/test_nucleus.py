"""The nucleus by itself: memory, consoles, command line, modules, PCI, exports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Boot

pytestmark = pytest.mark.guest

OK = {"event": "exit", "kind": "kernel", "status": 0}


@pytest.mark.parametrize("test", ["code", "string", "drivers", "driver_missing"])
def test_payload_checks_pass(boot: Callable[..., Boot], test: str) -> None:
    run = boot(test)
    assert run.events == [OK], run.log
    assert run.status == 1
    assert "ok: " in run.log


@pytest.mark.parametrize(("memory", "most"), [("64M", 64), ("1G", 1024), ("4G", 4096)])
def test_memory(boot: Callable[..., Boot], memory: str, most: int) -> None:
    run = boot("memory", memory=memory)
    assert run.events == [OK], run.log
    found = re.search(r"^memory (\d+)$", run.log, re.M)
    assert found
    assert most - 4 <= int(found[1]) >> 20 <= most


def test_too_little_memory_is_said(boot: Callable[..., Boot]) -> None:
    run = boot("memory", memory="1536K")
    assert run.events[0]["vector"] == 0x100
    assert "give the machine more memory" in run.events[0]["message"]


def test_text(boot: Callable[..., Boot]) -> None:
    run = boot("text", append='onfault=exit empty= quoted="a b"')
    assert "[  -42|42   |-0042|beef|BEEF|0x1234]\n" in run.log
    expected = "[18446744073709551615|-9223372036854775808|7|0000000000001234|c|%|text|abc|"
    assert expected + "ab    |    cd|   9]\n" in run.log
    assert "half\n@@clr {}\n" in run.log, "a machine line starts a line of its own"
    assert "to out\nto err\n" in run.log
    assert "option empty=[] quoted=[a b]\n" in run.log
    assert (run.out, run.err) == ("", "")


def test_program_mode_separates_the_consoles(boot: Callable[..., Boot]) -> None:
    run = boot("text", append="program=x.exe")
    assert (run.out, run.err) == ("to out\n", "to err\n")
    assert "to out" not in run.log


def test_modules(boot: Callable[..., Boot], tmp_path: Path) -> None:
    contents = {"korlib.dll": b"abc", "@args": b"", "empty lines.dll": bytes(range(256)) * 300}
    words = []
    for index, (name, content) in enumerate(contents.items()):
        path = tmp_path / f"m{index}"
        path.write_bytes(content or b"\0")
        words.append(f"{path} {name}")
    run = boot("modules", modules=words)
    assert run.events == [OK]
    seen = re.findall(r"^module (\S+) (\d+) ([0-9a-f]{8})$", run.log, re.M)
    assert [name for name, _, _ in seen] == ["korlib.dll", "@args", "lines.dll"]
    for (_, size, checksum), content in zip(seen, contents.values(), strict=True):
        total = 0
        for byte in content or b"\0":
            total = (total * 31 + byte) & 0xFFFFFFFF
        assert (int(size), int(checksum, 16)) == (len(content) or 1, total)


def test_many_modules(boot: Callable[..., Boot], tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"x" * 5000)
    run = boot("modules", modules=[f"{path} m{index}.dll" for index in range(150)])
    assert run.events == [OK]
    assert len(re.findall(r"^module ", run.log, re.M)) == 150


def test_clock(boot: Callable[..., Boot]) -> None:
    run = boot("clock")
    assert run.events == [OK]
    found = re.search(r"^utc (\d+)$", run.log, re.M)
    assert found
    since_year_one = 62135596800  # seconds from 0001-01-01 to 1970-01-01
    assert abs(int(found[1]) / 1e7 - since_year_one - time.time()) < 60


def test_exit_status(boot: Callable[..., Boot]) -> None:
    run = boot("exit")
    assert run.events == [{"event": "exit", "kind": "program", "status": 300}]
    assert run.status == 3


def test_exports(boot: Callable[..., Boot]) -> None:
    run = boot("exports")
    assert "\nFAILED" not in run.log
    assert "out\nerr\n" in run.log
    assert run.events == [
        {
            "event": "check-failed",
            "expected": "s\U0001f600le",
            "actual": '"�one"',
            "what": "the check",
        }
    ]
    assert run.status == 2 * 0x12 + 1


def test_bound_object_is_compared_with_the_device(boot: Callable[..., Boot]) -> None:
    run = boot("bound_wrong")
    event = run.events[0]
    assert event["event"] == "check-failed"
    assert (event["expected"], event["actual"]) == ("0x0", "0x55")
    assert "ProgIf" in event["what"]
