"""Every frame of a recording against what its program printed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.gdbext.printing_il import Variable
from tests.gdbext.value_history import Activation, History, Shown

_ZERO = re.compile(r"[{},]*((0|false|null)[{},]*)*")


@dataclass(slots=True)
class Comparison:
    """What was compared: counts by stage (`waiting`: the frame of a caller) or role.

    `unknown`: the frame commands give no value. `untold`: the program does not say what it was.
    `told`: (method, variable) with a value compared in the body that is not just zero.
    """

    wrong: list[str] = field(default_factory=list)
    compared: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    told: set[tuple[str, str]] = field(default_factory=set)


def compare(history: History) -> Comparison:
    """All stops of all activations."""
    result = Comparison()
    for activation in history.activations:
        for shown in activation.shown:
            _values(activation, shown, result)
            _linkage(activation, shown, result)
    _stacks(history, result)
    return result


def _stacks(history: History, result: Comparison) -> None:
    """Where a line is about to be printed, its name and value lie on the evaluation stack."""
    prints = {(id(a), index): (variable, name) for a, index, variable, name in history.prints}
    for activation in history.activations:
        for shown in activation.shown:
            found = prints.get((id(activation), shown.index)) if not shown.during else None
            if found is None:
                continue
            stack = {name: text for role, name, _, text in shown.slots
                     if role in ("EVALUATION_STACK", "TOP_OF_STACK")}
            text = activation.text(found[0], shown.index) or ""
            expected = {"stack[1]": f'"{found[1]}"', "stack[0]": text.removeprefix("&")}
            result.compared["evaluation stack"] += 1
            if stack != expected:
                result.wrong.append(
                    f"{activation.method.name} +{shown.native:#x}: the stack is {stack}, and was "
                    f"{expected}")


def _values(activation: Activation, shown: Shown, result: Comparison) -> None:
    method = activation.method
    stage = "waiting" if shown.during else method.stage(shown.native)
    texts = {offset: text for role, _, offset, text in shown.slots if role in ("ARGUMENT", "LOCAL")}
    names = {offset: name for role, name, offset, _ in shown.slots}
    for variable, offset in method.offsets.items():
        where = f"{method.name} +{shown.native:#x} ({stage}): {method.label(variable)}"
        if offset not in texts:
            result.wrong.append(f"{where} is not shown")
            continue
        if names[offset] != method.label(variable):
            result.wrong.append(f"{where} is called {names[offset]}")
        text, expected = texts[offset], _expected(activation, variable, shown)
        # The frame is being built or gone: no value may be known, but none may be wrong.
        if text is None and stage in ("prologue", "left"):
            result.unknown[f"{stage}, {'argument' if variable[0] else 'local'}"] += 1
        elif text is None:
            result.wrong.append(f"{where} has no value")
        elif expected is None:
            result.untold[f"{method.name} {method.label(variable)}"] += 1
        else:
            result.compared[stage] += 1
            right = _ZERO.fullmatch(text) if expected == "zero" else text == expected
            if not right:
                result.wrong.append(f"{where} is {text}, and was {expected}")
            elif stage == "body" and not _ZERO.fullmatch(text):
                result.told.add((method.name, method.label(variable)))


def _expected(activation: Activation, variable: Variable, shown: Shown) -> str | None:
    """The printed text, `zero` for a local before its first assignment, None if not known."""
    is_argument, _ = variable
    index = shown.index
    if shown.during == "return":
        # The call may have changed it by now.
        if activation.span(variable, index + 1) != activation.span(variable, index):
            return None
        index += 1
    if not is_argument and not activation.is_assigned(variable, index):
        return "zero"
    return activation.text(variable, index)


def _linkage(activation: Activation, shown: Shown, result: Comparison) -> None:
    """Saved registers are the caller's, and the return address stays what it was."""
    method = activation.method
    for role, name, _, text in shown.slots:
        if role in ("SAVED_RBP", "SAVED_REGISTER"):
            expected = str(activation.registers[name.removeprefix("saved ")])
        elif role == "RETURN_ADDRESS":
            expected = next(t for r, _, _, t in activation.shown[0].slots if r == role) or ""
        else:
            continue
        if text is None:
            result.unknown[role] += 1
            continue
        result.compared[role] += 1
        if text != expected:
            result.wrong.append(
                f"{method.name} +{shown.native:#x} ({method.stage(shown.native)}): {name} is "
                f"{int(text):#x}, and was {int(expected):#x}")
