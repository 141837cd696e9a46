"""One declarative way to make a command: gdb and MI command, help and completion in one place.

It is declared in gdbext/declared, and run by a function of gdbext/commands, which is loaded at its
first use: from a `Session` and parsed arguments to a result dataclass. Renderers in
`decoders.render` turn the result into text or JSON; the function prints nothing itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import gdb

from decoders.errors import DecodeError
from gdbext import completion, deferred, parameters

if TYPE_CHECKING:
    from gdbext.session import Session

ArgKind = Literal[
    "address", "method", "type", "text", "integer", "module", "expression", "rest", "file",
    "contract",
]


class UsageError(Exception):
    """The command line does not fit the command; the text says how it should look."""


@dataclass(frozen=True, slots=True)
class Arg:
    """A positional argument. `optional` ones may be left out, `rest` takes all that remains.

    words: what may stand there, for completion.
    """

    name: str
    help: str
    kind: ArgKind = "text"
    optional: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """A dashed option, `-name` or `--name`; with `value` it takes one argument of that kind.

    words: what that may be, for completion.
    """

    name: str
    help: str
    value: ArgKind | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arguments:
    """Parsed arguments by name; options that were not given are absent from `options`."""

    values: dict[str, str]
    options: dict[str, str]

    def get(self, name: str) -> str | None:
        """The positional argument as typed, None when it was left out."""
        return self.values.get(name)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return name in self.options

    def option(self, name: str) -> str | None:
        """An option's value, None when it was not given."""
        return self.options.get(name)


@dataclass(frozen=True, slots=True)
class Spec:
    """All that there is to know about a command; help, completion and docs are made from it."""

    name: str
    summary: str
    module: str
    args: tuple[Arg, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    details: str = ""
    aliases: tuple[str, ...] = ()
    needs_target: bool = True
    runs: bool = False
    category: str = "data"

    def runner(self) -> Callable[[Session, Arguments], Any]:
        """The function that runs it: `clr_frame` of its module; LoadFailure if that has none."""
        found: Callable[[Session, Arguments], Any] = deferred.load(
            self.module, self.name.replace("-", "_"))
        return found

    def run(self, session: Session, arguments: Arguments) -> Any:
        """The result for these arguments."""
        return self.runner()(session, arguments)

    def usage_line(self) -> str:
        """`clr-array ADDR [RANGE] [-length N]`, from the declarations."""
        parts = [self.name]
        for arg in self.args:
            parts.append(f"[{arg.name}]" if arg.optional else arg.name)
        for option in self.options:
            parts.append(f"[-{option.name}{' ' + option.value.upper() if option.value else ''}]")
        return " ".join([*parts, "[--json]"])

    def help_text(self) -> str:
        """What `help NAME` prints."""
        lines = [self.summary, "", f"Usage: {self.usage_line()}"]
        if self.details:
            lines += ["", self.details.strip()]
        rows = [(arg.name, arg.help) for arg in self.args]
        rows += [(f"-{option.name}", option.help) for option in self.options]
        rows.append(("--json", "print the result as JSON"))
        width = max(len(name) for name, _ in rows)
        lines += ["", *(f"  {name:<{width}}  {text}" for name, text in rows)]
        if self.examples:
            lines += ["", "Examples:", *(f"  {example}" for example in self.examples)]
        if self.aliases:
            lines += ["", f"Also known as: {', '.join(self.aliases)}"]
        return "\n".join(lines)


SPECS: dict[str, Spec] = {}


@dataclass(frozen=True, slots=True)
class Declare:
    """Declares the commands that a module runs, each by its function of the command's name."""

    module: str

    def __call__(
        self,
        name: str,
        summary: str,
        *,
        args: tuple[Arg, ...] = (),
        options: tuple[Option, ...] = (),
        examples: tuple[str, ...] = (),
        details: str = "",
        aliases: tuple[str, ...] = (),
        needs_target: bool = True,
        runs: bool = False,
    ) -> None:
        """Declare command `name`. `load.load` registers it with gdb.

        `runs`: the command lets the machine run or waits for it to, which a dump cannot.
        """
        SPECS[name] = Spec(
            name, summary, self.module, args, options, examples, details, aliases, needs_target,
            runs)


def split_line(line: str, keep_quotes: bool = False) -> list[str]:
    """Words of a command line. Quotes group; backticks (generic arity) are ordinary characters."""
    try:
        return shlex.split(line, posix=not keep_quotes)
    except ValueError as error:
        raise UsageError(f"cannot read the arguments {line!r}: {error}") from error


def _keeps_quotes(kind: ArgKind | None) -> bool:
    return kind in ("expression", "address")


def _unquoted(word: str) -> str:
    return "".join(shlex.split(word)) if word[:1] in "\"'" else word


def parse(spec: Spec, words: Iterable[str], quoted: bool = False) -> tuple[Arguments, bool]:
    """Words -> (arguments, whether --json was given). Raises UsageError.

    quoted: the words still have their quotes, which go from all but expressions.
    """
    values: dict[str, str] = {}
    options: dict[str, str] = {}
    known = {option.name: option for option in spec.options}
    as_json = False
    positional: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word in ("--json", "-json"):
            as_json = True
            continue
        name = word.lstrip("-")
        if word.startswith("-") and name in known:
            option = known[name]
            if option.value is None:
                options[name] = ""
            elif pending:
                value = pending.pop(0)
                keep = not quoted or _keeps_quotes(option.value)
                options[name] = value if keep else _unquoted(value)
            else:
                raise UsageError(f"{spec.name}: -{name} needs a value; usage: {spec.usage_line()}")
            continue
        in_expression = len(positional) >= len(spec.args) - 1 and spec.args and (
            spec.args[-1].kind == "expression")
        if word.startswith("-") and name and not name[0].isdigit() and not in_expression:
            raise UsageError(f"{spec.name}: no option {word}; usage: {spec.usage_line()}")
        positional.append(word)
    for arg in spec.args:
        if not positional:
            if not arg.optional:
                raise UsageError(f"{spec.name}: {arg.name} is missing; usage: {spec.usage_line()}")
            break
        if arg.kind in ("rest", "expression", "file"):
            values[arg.name] = " ".join(positional)
            positional = []
        else:
            value = positional.pop(0)
            keep = not quoted or _keeps_quotes(arg.kind)
            values[arg.name] = value if keep else _unquoted(value)
    if positional:
        raise UsageError(
            f"{spec.name}: unexpected {positional[0]!r}; usage: {spec.usage_line()}"
        )
    return Arguments(values, options), as_json


def require_live(session: Session, what: str) -> None:
    """Raise UsageError for a dump, which cannot run."""
    if session.is_dump():
        raise UsageError(
            f"{what}: this is a dump, which cannot run: attach to a live machine "
            "(target remote SOCKET)"
        )


def execute(spec: Spec, words: Iterable[str], quoted: bool = False) -> tuple[Any, bool]:
    """Run a command: (result, as_json). Every foreseen error leaves as a one-line gdb.GdbError."""
    try:
        arguments, as_json = parse(spec, words, quoted)
        session = deferred.session()
        if spec.needs_target:
            session.require_target()
        if spec.runs:
            require_live(session, spec.name)
        return spec.run(session, arguments), as_json
    except (UsageError, DecodeError, deferred.LoadFailure) as error:
        raise gdb.GdbError(str(error)) from None
    except gdb.error as error:
        # What gdb itself refuses (an expression, a breakpoint, memory): its sentence, and ours.
        raise gdb.GdbError(f"{spec.name}: {error}") from None


class _CliCommand(gdb.Command):
    """The gdb command of a spec (or of one of its aliases)."""

    def __init__(self, spec: Spec, name: str) -> None:
        self.__doc__ = spec.help_text()
        self._spec = spec
        self._is_alias = name != spec.name
        super().__init__(name, gdb.COMMAND_DATA)

    def invoke(self, line: str, from_tty: bool) -> None:
        if self._is_alias and not parameters.get("aliases"):
            raise gdb.GdbError(f"aliases are off (set clr aliases on); use {self._spec.name}")
        try:
            # In an expression quotes mean something.
            kinds = [*(a.kind for a in self._spec.args), *(o.value for o in self._spec.options)]
            quoted = any(_keeps_quotes(kind) for kind in kinds)
            words = split_line(line, keep_quotes=quoted)
        except UsageError as error:
            raise gdb.GdbError(str(error)) from None
        result, as_json = execute(self._spec, words, quoted)
        from decoders.render import to_json, to_text

        if as_json or parameters.json_output():
            gdb.write(to_json(result) + "\n")
        else:
            text = to_text(result, parameters.style(from_tty))
            if text:
                gdb.write(text if text.endswith("\n") else text + "\n")

    def complete(self, text: str, word: str | None) -> Any:
        return completion.complete(self._spec, text, word)


class _MiCommand(gdb.MICommand):
    """The MI command of a spec: structured results, the same as --json gives."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        super().__init__("-" + spec.name)

    def invoke(self, argv: list[str]) -> dict[str, Any]:
        result, _ = execute(self._spec, argv)
        from decoders.render import to_plain

        plain = to_plain(result)
        return {"result": _for_mi(plain)}


def _for_mi(value: Any) -> Any:
    """MI knows strings, integers, lists and dicts; keys must be letters, digits, - and _."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return {
            "".join(c if c.isalnum() or c in "-_" else "_" for c in str(key)): _for_mi(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_for_mi(item) for item in value]
    if isinstance(value, int) and -(2**31) <= value < 2**31:
        return value
    return str(value)


def overview() -> str:
    """All commands, one line each."""
    width = max(len(name) for name in SPECS) if SPECS else 0
    rows = [f"  {name:<{width}}  {spec.summary}" for name, spec in sorted(SPECS.items())]
    return "\n".join([
        "Commands for managed kernels; `help NAME` tells more, `set clr` lists settings.", "", *rows
    ])


class _Overview(gdb.Command):
    """`clr` and `help clr`: the list of commands."""

    def __init__(self) -> None:
        self.__doc__ = overview()
        super().__init__("clr", gdb.COMMAND_DATA, gdb.COMPLETE_NONE)

    def invoke(self, line: str, from_tty: bool) -> None:
        gdb.write(overview() + "\n")


def register(with_aliases: bool = True) -> int:
    """Make gdb commands of everything declared; the number of commands (aliases not counted)."""
    _Overview()
    for spec in SPECS.values():
        _CliCommand(spec, spec.name)
        _MiCommand(spec)
        if with_aliases:
            for alias in spec.aliases:
                _CliCommand(spec, alias)
    return len(SPECS)
