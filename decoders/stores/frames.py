"""The managed frames that are live at each point of a trace, from where methods push RBP.

A compiled method begins with `push rbp`, whose address is then its RBP, and ends with a return,
which loads its address from right above. A frame that an exception left is gone when a store comes
from one further out, or another frame takes its place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from decoders.runtime import CodeRegistry, MethodCode, Runtime, threads
from decoders.stores.sites import Sources
from decoders.stores.slots import slot_at, slot_text

Frame = tuple[int, MethodCode]


class Entries:
    """Where compiled methods begin."""

    def __init__(self, runtime: Runtime) -> None:
        self.by_start: Mapping[int, MethodCode] = {
            code.start: code for code in CodeRegistry(runtime).methods()
        }


class Stacks:
    """Tells the threads' stacks apart."""

    def __init__(self, runtime: Runtime) -> None:
        lows = sorted((t.stack_low, t.stack_high) for t in threads(runtime))
        self._lows = [low for low, _ in lows]
        self._highs = [high for _, high in lows]

    def index(self, address: int) -> int:
        """Which stack an address lies on; -1 for one that no thread record names."""
        index = bisect_right(self._lows, address) - 1
        return index if index >= 0 and address < self._highs[index] else -1


class FrameTracker:
    """Frames by stack, fed with a trace in order."""

    def __init__(self, runtime: Runtime, sources: Sources, entries: Entries | None = None) -> None:
        self._runtime = runtime
        self._sources = sources
        self.entries = entries or Entries(runtime)
        self._index = Stacks(runtime).index
        self._stacks: dict[int, list[Frame]] = {}
        self._texts: dict[tuple[int, int], str] = {}

    def stack_of(self, address: int) -> list[Frame]:
        """The live frames, outermost first, of the stack that an address lies on."""
        return self._stacks.setdefault(self._index(address), [])

    def push(self, pc: int, address: int) -> MethodCode | None:
        """A push of RBP: the method that begins, if it is one."""
        code = self.entries.by_start.get(pc)
        if code is None:
            return None
        stack = self.stack_of(address)
        while stack and stack[-1][0] <= address:
            stack.pop()
        stack.append((address, code))
        return code

    def returned(self, address: int) -> None:
        """A return loaded its address from there: what lies below is gone."""
        stack = self.stack_of(address)
        while stack and stack[-1][0] < address:
            stack.pop()

    def settle(self, pc: int, address: int) -> list[Frame]:
        """The frames of a stack now that code at `pc` runs on it: callees of its method are gone.

        Empty when that method has no frame there.
        """
        stack = self.stack_of(address)
        depth = len(stack)
        while depth and not stack[depth - 1][1].start <= pc < stack[depth - 1][1].end:
            depth -= 1
        if depth:
            del stack[depth:]
        return stack[:depth]

    def where(self, pc: int, address: int) -> str:
        """Whose slot an address is, at a store by code at `pc`; "" when that cannot be decided."""
        for base, code in reversed(self.settle(pc, address)):
            slot = slot_at(code, address - base)
            if slot is None:
                continue
            key = (code.start, slot.address)
            text = self._texts.get(key)
            if text is None:
                text = slot_text(self._runtime, code, slot, self._sources)
                self._texts[key] = text
            return text
        return ""
