"""The post-mortem's second run: with a log of all stores, to name who overwrote what is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from decoders.errors import TargetError
from decoders.render import to_plain
from decoders.timetravel import LastWrite, Suspect, Target
from decoders.timetravel.guilty import answers, suspects_of
from qemu_scripts import outcome
from qemu_scripts.errors import ClrscopeError
from qemu_scripts.run import RunOptions

#: Seconds that the guest may take in it.
SECONDS = 20.0


def store_answers(
    options: RunOptions, run: Mapping[str, Any], facts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Plain StoreAnswers for the doctor's findings, each with a store or with why there is none.

    run, facts: of the first run, whose end the second one must have: the same outcome, registers
    and bytes. Raises nothing but Interrupted for what goes wrong.
    """
    suspects = suspects_of(facts["doctor"]["stores"])
    asked = [one for mine in suspects.values() for one in mine]
    try:
        return _asked(options, run, facts, suspects, asked)
    except ClrscopeError as error:
        reason = str(error)

    def refuse(_: Target) -> LastWrite:
        raise TargetError(reason)

    # One sentence for each cause: they all have the same reason.
    first = {title: mine[:1] for title, mine in suspects.items()}
    plain: list[dict[str, Any]] = to_plain(answers(first, refuse))
    return plain


def _asked(
    options: RunOptions, run: Mapping[str, Any], facts: Mapping[str, Any],
    suspects: Mapping[str, tuple[Suspect, ...]], asked: list[Suspect],
) -> list[dict[str, Any]]:
    # At first use: numpy and QMP take a while to import, and most post-mortems do without.
    from qemu_scripts.timetravel import who_wrote
    from qemu_scripts.traces import plugin

    plugin.require()
    ended = outcome.from_events(run["events"])
    if ended is None:
        raise who_wrote.RunsDiverged("the guest did not say how it ended")
    first = [who_wrote.Seen.of(ended, one) for one in facts["which_bytes"]]
    questions = [
        who_wrote.Question(f"{s.target.address:#x}", s.target.size) for s in asked]
    with (
        who_wrote.prepared(options) as setup,
        who_wrote.logged_run(setup, questions, SECONDS) as second,
    ):
        second.verify(first)

        def find(target: Target) -> LastWrite:
            try:
                # Bytes are compared with what the guest had at the end by the questions' names.
                found = second.last_write(replace(target, what=f"{target.address:#x}"), True)
            except ClrscopeError as error:
                raise TargetError(str(error)) from error
            return replace(found, target=target)

        plain: list[dict[str, Any]] = to_plain(answers(suspects, find))
        return plain
