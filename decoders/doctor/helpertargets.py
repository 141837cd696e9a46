"""Where the runtime's helpers lie, told by all of the generated code together."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from decoders.runtime import CallKind, CodeRegistry

# mov rax, imm64: what every call of a helper begins with (docs/frame.md, Calls).
_MOV, _SIZE = b"\x48\xb8", 10


class HelperTargets:
    """The address of each helper. No record has it, so the code itself is the source: a helper's
    calls all go to one place, and a call that goes elsewhere is the one that is wrong."""

    def __init__(self, registry: CodeRegistry) -> None:
        self.registry = registry

    def address(self, helper: int) -> int | None:
        """Where most calls of a helper go; None unless at least two say the same."""
        votes = self._votes.get(helper)
        if not votes:
            return None
        (first, count), *rest = votes.most_common(2)
        return first if count > 1 and (not rest or count > rest[0][1]) else None

    def others(self, address: int) -> int | None:
        """The helper that most calls to an address are of; None when there is none."""
        return next((n for n in self._votes if self.address(n) == address), None)

    @cached_property
    def _votes(self) -> dict[int, Counter[int]]:
        result: dict[int, Counter[int]] = {}
        for code in self.registry.methods():
            for site in code.call_sites:
                if site.kind not in (CallKind.HELPER, CallKind.INTERFACE):
                    continue
                load = code.bytes[max(0, site.native - _SIZE) : site.native]
                if load[:2] == _MOV:
                    result.setdefault(site.helper, Counter())[
                        int.from_bytes(load[2:], "little")] += 1
        return result
