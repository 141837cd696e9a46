"""Guests stopped at a place, looked at through their RAM and changed through QEMU's gdbstub.

No gdb: the few packets of its remote protocol that are needed (GDB manual, appendix E) are spoken
here, so that a whole look at a guest costs its boot and nothing more.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from decoders.contract import read_contract
from decoders.contract.reader import SYMBOL
from decoders.doctor import Doctor, DoctorReport, Subject
from decoders.errors import SourceError
from decoders.frames import Frame, Unwinder
from decoders.memory import GuestRam, Memory, PageCache, TranslatedRam
from decoders.memory.coredump import (
    Note,
    NoteType,
    about_note,
    extents,
    read_notes,
    register_notes,
    verify,
    write_core,
)
from decoders.memory.elfcore import ElfCore
from decoders.runtime import CodeRegistry, Heap, Runtime
from decoders.source import SourceReader, open_source
from qemu_scripts import paths
from qemu_scripts.processes import wait_until
from qemu_scripts.traces.kernel_image import KernelImage

FATAL = "clr_fatal_hook"
EXIT = "clr_exit_hook"
COMPILED = "clr_method_compiled_hook"
NAMES = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
         "r13", "r14", "r15", "rip")
# Behind the 17 quadwords: eflags and six selectors of 4 bytes, three bases, CR0, CR2, CR3.
CR3 = 17 * 8 + 7 * 4 + 3 * 8 + 2 * 8
# NT_PRSTATUS: where the general registers begin, and their order (struct user_regs_struct).
PRSTATUS_REGISTERS = 112
USER_NAMES = ("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx",
              "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp")


class Stub:
    """QEMU's gdbstub on a unix socket."""

    def __init__(self, path: Path, timeout: float = 280) -> None:
        # The socket's file is there a moment before QEMU listens on it.
        assert wait_until(lambda: self.connect(path, timeout), timeout), "no gdbstub answers"
        self.rest = b""
        self.ask("qSupported:xmlRegisters=i386")

    def connect(self, path: Path, timeout: float) -> bool:
        """Whether the stub takes the connection."""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
        except ConnectionRefusedError:
            self.socket.close()
            return False
        return True

    def ask(self, text: str) -> str:
        """Send a packet, give the answer."""
        self.send(text)
        return self.answer()

    def send(self, text: str) -> None:
        """Send a packet."""
        data = text.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xFF))

    def answer(self) -> str:
        """The next packet, acknowledged."""
        while True:
            start = self.rest.find(b"$")
            end = self.rest.find(b"#", start)
            if start >= 0 and end >= 0 and len(self.rest) >= end + 3:
                packet = self.rest[start + 1 : end]
                self.rest = self.rest[end + 3 :]
                self.socket.sendall(b"+")
                return packet.decode("latin1")
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("QEMU ended")
            self.rest += data

    def run_to(self, *addresses: int, times: int = 1) -> None:
        """Continue until one of some addresses is reached, so many times."""
        for address in addresses:
            assert self.ask(f"Z1,{address:x},1") == "OK"
        for _ in range(times):
            self.resume()
        for address in addresses:
            assert self.ask(f"z1,{address:x},1") == "OK"

    def resume(self) -> None:
        """Continue to the next stop. The breakpoint under RIP, which would hit again, is passed."""
        for packet in ("s", "c"):
            stop = self.ask(packet)
            assert stop.startswith(("T05", "S05")), stop

    def registers(self) -> dict[str, int]:
        """General registers, rip and cr3."""
        raw = bytes.fromhex(self.ask("g").replace("x", "0"))
        values = dict(zip(NAMES, struct.unpack_from("<17Q", raw), strict=True))
        (values["cr3"],) = struct.unpack_from("<Q", raw, CR3)
        return values

    def write(self, address: int, data: bytes) -> None:
        """Write guest memory; QEMU drops the translations of code that is written."""
        assert self.ask(f"M{address:x},{len(data):x}:{data.hex()}") == "OK", hex(address)

    def read(self, address: int, size: int) -> bytes:
        """Read guest memory."""
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}"))


class Guest:
    """A stopped guest."""

    def __init__(self, stub: Stub, ram: Path, image: KernelImage) -> None:
        self.stub = stub
        self.ram = ram
        self.image = image
        self.folder = paths.BUILD / "managed"

    def symbol(self, name: str) -> int:
        """A kernel symbol's address."""
        return self.image.symbols[name][0].address

    def go(self, symbol: str) -> None:
        """Continue to a kernel function."""
        self.stub.run_to(self.symbol(symbol))

    def to_the_end(self) -> None:
        """Continue to the fatal hook, or to where the kernel ends the machine."""
        self.stub.run_to(self.symbol(FATAL), self.symbol(EXIT))

    def until_compiled(self, name: str) -> None:
        """Continue until a method has been compiled and not yet called."""
        wanted = name.rpartition("::")[2].encode() + b"\0"
        stub, hook = self.stub, self.symbol(COMPILED)
        assert stub.ask(f"Z1,{hook:x},1") == "OK"
        offset: int | None = None
        for _ in range(10000):
            stub.resume()
            method = stub.registers()["rcx"]
            if offset is None:
                layout = self.subject().runtime.contract.type("MethodDesc")
                offset = layout.field("Name").offset
            address = int.from_bytes(stub.read(method + offset, 8), "little")
            # The simple name first: a whole look at the guest costs a thousand times as much.
            if stub.read(address, len(wanted)) != wanted:
                continue
            runtime = self.subject().runtime
            if runtime.method_name(runtime.method(method)) == name:
                assert stub.ask(f"z1,{hook:x},1") == "OK"
                return
        raise AssertionError(f"{name} is never compiled")

    def log(self) -> str:
        """What the kernel has written on its console."""
        return self.ram.with_name("log").read_text("utf-8", "replace")

    def subject(self) -> Subject:
        """What the doctor looks at, read afresh."""
        registers = self.stub.registers()
        memory = TranslatedRam(GuestRam.open(self.ram), registers.pop("cr3"))
        return self.looked_at(memory, registers, self.symbol(SYMBOL))

    def dumped(self) -> Subject:
        """The same from a dump that is written now, with nothing taken from the live guest."""
        path = self.ram.with_name("core")
        registers = self.stub.registers()
        contract = self.symbol(SYMBOL).to_bytes(8, "little")
        notes = [*register_notes(registers), about_note({}),
                 Note("CLRSCOPE", NoteType.CONTRACT, contract)]
        write_core(path, GuestRam.open(self.ram), registers["cr3"], notes, extents(self.ram))
        verify(path)
        core = ElfCore.open(path)
        status = next(n.desc for n in core.notes if (n.name, n.type) == ("CORE", 1))
        values = struct.unpack_from(f"<{len(USER_NAMES)}Q", status, PRSTATUS_REGISTERS)
        general = {n: v for n, v in zip(USER_NAMES, values, strict=True) if n in NAMES}
        return self.looked_at(core, general, read_notes(core, str(path)).contract)

    def looked_at(self, memory: Memory, registers: dict[str, int], contract: int) -> Subject:
        """A subject from memory, registers and the contract descriptor's address."""
        memory = PageCache(memory)
        runtime = Runtime(memory, read_contract(memory, contract))
        registry = CodeRegistry(runtime)
        unwinder = Unwinder(runtime, registry)
        frames: Sequence[Frame] | None = None
        subject = Subject(runtime, registry, frames, self.sources(runtime))
        fault = subject.fault()
        if fault is None or fault.frame is None:
            subject.frames = unwinder.backtrace(registers).frames
        return subject

    def sources(self, runtime: Runtime) -> Callable[[str, str], SourceReader | None]:
        """Debug files beside the bundled assemblies."""
        known: dict[str, SourceReader | None] = {}

        def find(name: str, key: str) -> SourceReader | None:
            if key not in known:
                path = self.folder / f"{name}.dll"
                assembly = next(a for a in runtime.universe if a.key == key)
                try:
                    known[key] = open_source(assembly, path) if path.exists() else None
                except SourceError:
                    known[key] = None
            return known[key]

        return find

    def report(self) -> DoctorReport:
        """The doctor on everything."""
        return Doctor(self.subject()).everything()


def first_object(runtime: Runtime, name: str) -> int:
    """Address of the first object of a type in the heap."""
    (info,) = runtime.find_type(name)
    return next(b.address for b in Heap(runtime).blocks()
                if b.method_table == info.record.method_table)


@contextmanager
def booted(
    *options: str | Path, fault: str | None = None, at: str | None = FATAL, skip: int = 0
) -> Iterator[Guest]:
    """Boot a guest of one's own and stop it at the (skip+1)th arrival at a kernel function."""
    with tempfile.TemporaryDirectory(prefix="clr-") as name:
        folder = Path(name)
        stub_path, ram = folder / "gdb", folder / "ram"
        argv = [sys.executable, "-m", "qemu_scripts.cli", "run", "--gdb", str(stub_path),
                "--paused", "--timeout", "300", "--memory-file", str(ram),
                "--kernel-log", str(folder / "log")]
        if fault:
            argv += ["--fault", fault]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [*argv, *map(str, options)], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        try:
            there = wait_until(lambda: stub_path.exists() or process.poll() is not None, 60)
            assert there and process.poll() is None, (folder / "output").read_text("utf-8",
                                                                                   "replace")
            guest = Guest(Stub(stub_path), ram, KernelImage(paths.KERNEL))
            if at is not None:
                guest.stub.run_to(guest.symbol(at), times=skip + 1)
            yield guest
        finally:
            process.terminate()
            process.wait(timeout=30)
