"""Commands on corrupted memory: an answer or one sentence, in bounded time, and nothing else.

What a command reads on the healthy machine is known, so each corruption hits something that matters
to it: words of records, MethodTables, objects, metadata and code are replaced, pages vanish, the
dump is cut off.
"""

from __future__ import annotations

import dataclasses
import os
import random
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest

from decoders.contract import Contract, read_contract
from decoders.errors import DecodeError
from decoders.metadata import Assembly
from decoders.render import Style, to_json, to_plain, to_text
from decoders.runtime import REQUIRED, REQUIRED_GLOBALS

from .machine import PAGE, Action, Machine, Pages, actions, load, places

# CLR_CORRUPTIONS sets another number, as for test_snapshot's campaign of whole sessions.
COUNT = int(os.environ.get("CLR_CORRUPTIONS", "10000"))
SLOWEST = 5.0
STYLES = (Style(), Style(color=True, depth=3))
# These take ten times as long as the others, so they get fewer of the corruptions.
SLOW = {"dso", "gcroot", "types", "methods all"}
# A corrupt count must not make a command ask for all the memory that there is.
MEMORY = 4 << 30


class Campaign:
    """The healthy machine and what each command reads of it."""

    def __init__(self) -> None:
        self.pages, self.address = load()
        healthy = Machine(Pages(self.pages), self.address)
        self.contract = read_contract(Pages(self.pages), self.address)
        self.images: list[Assembly] = [
            healthy.runtime.image(loaded) for loaded in healthy.runtime.assemblies]
        self.actions = actions(places(healthy))
        self.read: dict[str, list[int]] = {}
        for name, action in self.actions.items():
            log: set[int] = set()
            machine = Machine(Pages(self.pages, log), self.contract, self.images)
            machine.use_images()
            action(machine)
            self.read[name] = sorted(log)
        # Pointers that lead somewhere plausible: cycles and confused types come of them.
        self.pointers = sorted({w for words in self.read.values() for w in words})[::7]

    def value(self, rng: random.Random, page: bytearray, at: int) -> bytes:
        """Eight bytes to put in the place of others."""
        old = int.from_bytes(page[at : at + 8], "little")
        kind = rng.randrange(8)
        if kind == 0:
            new = rng.choice((0, 1, 7, 2**31, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1, 2**64 - 8))
        elif kind == 1:
            new = rng.getrandbits(64)
        elif kind in (2, 3):
            new = rng.choice(self.pointers)
        elif kind == 4:
            new = old ^ 1 << rng.randrange(64)
        elif kind == 5:
            new = old + rng.choice((-16, -8, -1, 1, 8, 16, 4096)) & 2**64 - 1
        elif kind == 6:
            new = old & ~0xFFFFFFFF | rng.choice((2**31, 2**32 - 1, 0xFFFF, rng.getrandbits(32)))
        else:
            new = old & 0xFFFFFFFF | rng.choice((2**31, 2**32 - 1, 1, rng.getrandbits(32))) << 32
        return new.to_bytes(8, "little")

    def corrupt(self, rng: random.Random, name: str) -> dict[int, bytes]:
        """Pages with up to four changes among what a command reads."""
        pages = dict(self.pages)
        words = self.read[name]
        if rng.randrange(25) == 0:
            # A dump that ends early.
            last = rng.choice(words)
            return {address: page for address, page in pages.items() if address < last}
        for _ in range(rng.randint(1, 4)):
            where = rng.choice(words)
            page = pages.get(where & ~(PAGE - 1))
            if page is None:
                continue
            if rng.randrange(40) == 0:
                del pages[where & ~(PAGE - 1)]
                continue
            data = bytearray(page)
            at = where & PAGE - 1
            data[at : at + 8] = self.value(rng, data, at)
            pages[where & ~(PAGE - 1)] = bytes(data)
        return pages

    def attempt(
        self, action: Action, pages: dict[int, bytes], contract: Contract, number: int = 0
    ) -> bool:
        """Run a command as gdbext does; True when it had an answer."""
        try:
            machine = Machine(Pages(pages), contract, self.images)
            machine.use_images()
            result = action(machine)
        except DecodeError as error:
            assert str(error) and "\n" not in str(error)
            return False
        show(result, number)
        return True


def show(result: Any, number: int = 0) -> None:
    """Renderers have to cope with whatever was decoded."""
    to_plain(result)
    if number % 8 == 0:
        to_json(result)
    assert to_text(result, STYLES[number % 2]) or result == ""


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign()


@pytest.fixture
def bounded() -> Iterator[None]:
    """Little memory while the test runs."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
@pytest.mark.usefixtures("bounded")
def test_corrupted_memories(campaign: Campaign, part: int) -> None:
    names = sorted(SLOW) + 5 * sorted(set(campaign.actions) - SLOW)
    answered = 0
    for number in range(part, COUNT, 4):
        rng = random.Random(number)
        name = names[number // 4 % len(names)]
        pages = campaign.corrupt(rng, name)
        start = time.perf_counter()
        try:
            answered += campaign.attempt(
                campaign.actions[name], pages, campaign.contract, number // 4)
        except Exception as error:
            raise AssertionError(f"corruption {number} of {name!r}: {error!r}") from error
        elapsed = time.perf_counter() - start
        assert elapsed < SLOWEST, f"corruption {number} of {name!r} took {elapsed:.1f} s"
    # Most of a memory is still there after a few words changed: so should most answers be.
    assert answered > COUNT / 4 / 3


@pytest.mark.parametrize("missing", [
    *(f"{name}.{member}" for name, members in REQUIRED.items() for member in members),
    *REQUIRED, *REQUIRED_GLOBALS])
def test_contract_with_missing_names(campaign: Campaign, missing: str) -> None:
    contract = without(campaign.contract, missing)
    for name in ("mt object", "array", "heap stat"):
        campaign.attempt(campaign.actions[name], campaign.pages, contract)


def without(contract: Contract, missing: str) -> Contract:
    """A contract that lacks a type, a field or a global."""
    name, _, member = missing.partition(".")
    types, globals_ = dict(contract.types), dict(contract.globals)
    if member:
        layout = types[name]
        fields = {k: v for k, v in layout.fields.items() if k != member}
        types[name] = dataclasses.replace(layout, fields=fields)
    elif name in types:
        del types[name]
    else:
        globals_.pop(name)
    return dataclasses.replace(contract, types=types, globals=globals_)
