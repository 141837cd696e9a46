"""Everything that a post-mortem report shows of a stopped target, collected in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gdb

import decoders.doctor.render
import decoders.render.frames
import decoders.render.listings  # noqa: F401 (all three register their renderers)
from decoders.compare import compare_type
from decoders.doctor import DoctorReport
from decoders.doctor.sarif import to_sarif
from decoders.errors import DecodeError
from decoders.frames import FrameReport
from decoders.frames.static import static_frame
from decoders.inspect.heap import heap_statistics
from decoders.listing import native_listing
from decoders.render import Style, to_plain, to_text
from decoders.report.objects import ObjectFacts, object_facts
from decoders.runtime import ObjectValue, Value, last_fault
from gdbext import frames, target, timetravel
from gdbext.command import SPECS, Arguments
from gdbext.session import Session

MAX_OBJECTS = 4
MAX_FRAMES = 200
_REGISTERS = (*target.GENERAL_REGISTERS, "rip", "eflags")
_NO_ARGUMENTS = Arguments({}, {})


class Collector:
    """Collects section after section; one that fails leaves a sentence in `problems`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.problems: list[str] = []
        self.texts: dict[str, str] = {}
        self.sarif = ""
        self.report: DoctorReport | None = None

    def facts(self) -> dict[str, Any]:
        """The sections by name, plain values all of them; None stands for what cannot be had."""
        made: dict[str, Any] = {"registers": self._part("registers", self._registers)}
        known = self._part("contract", self._contract)
        made["contract"] = known
        names = ("fault", "frame", "stack", "listing", "objects", "heap", "doctor", "culprit",
                 "which_bytes")
        if known is None:
            # Nothing managed can be told apart without the contract; C frames still can.
            made.update(dict.fromkeys(names))
            made["stack"] = self._part("stack", self._native_stack)
        else:
            for name in names:
                made[name] = self._part(name, getattr(self, f"_{name}"))
        made["text"] = self.texts
        made["sarif"] = self.sarif
        made["problems"] = self.problems
        return made

    def _part(self, name: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (DecodeError, gdb.error, gdb.MemoryError) as error:
            self.problems.append(f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 (a defect in one part must not hide the others)
            self.problems.append(
                f"{name}: clrscope itself failed ({type(error).__name__}: {error}); "
                "please report it"
            )
        return None

    def _keep(self, name: str, result: Any) -> Any:
        self.texts[name] = to_text(result, Style())
        return to_plain(result)

    # The sections.

    def _registers(self) -> dict[str, str]:
        frame = gdb.newest_frame()
        return {n: f"{target.register(frame, n):#018x}" for n in _REGISTERS}

    def _contract(self) -> dict[str, Any]:
        runtime = self.session.runtime
        return {
            "build_id": runtime.build_id, "generation": runtime.generation,
            "assemblies": [{"name": a.name, "mvid": str(a.mvid)} for a in runtime.assemblies],
        }

    def _fault(self) -> Any:
        fault = last_fault(self.session.runtime)
        if fault is None:
            return None
        made = {
            "name": fault.name, "vector": fault.vector, "error_code": fault.error_code,
            "cr2": f"{fault.cr2:#x}", "access": fault.access, "message": fault.message,
            "check": to_plain(fault.check), "detail": fault.detail,
        }
        view = frames.explain(self.session, frames.stopped_in(self.session))
        made["explanation"] = to_plain(view)
        return made

    def _chosen(self) -> FrameReport:
        return frames.report(self.session, frames.stopped_in(self.session))

    def _frame(self) -> Any:
        return self._keep("frame", self._chosen())

    def _stack(self) -> Any:
        return self._keep("stack", SPECS["clr-bt"].run(
            self.session, Arguments({}, {"limit": str(MAX_FRAMES)})))

    def _native_stack(self) -> Any:
        lines = []
        for count, frame in enumerate(frames.outwards()):
            if count >= 32:
                break
            lines.append(f"#{frame.level()}  {frame.pc():#x} {frame.name() or '??'}")
        self.texts["stack"] = "\n".join(lines)
        return {
            "lines": [], "end": "there is no contract: managed frames cannot be told",
            "truncated": False,
        }

    def _listing(self) -> Any:
        session = self.session
        frame = frames.stopped_in(session)
        place = frames.place_of(session, frame)
        if place is None or place.code is None:
            return None
        code = place.code
        pc = frame.pc()
        if frames.is_caller(frame):
            site = code.call_returning_to(pc - code.start)
            pc = code.start + site.native if site is not None else pc
        method = session.runtime.metadata_method(code.method)
        return self._keep("listing", native_listing(
            session.runtime, session.codes, code, session.method_source(method), int(pc)))

    def _objects(self) -> Any:
        found: list[ObjectFacts] = []
        for where, value in self._references():
            if any(f.address == value.address for f in found):
                continue
            info = self.session.runtime.type_of_table(value.method_table)
            comparison = compare_type(self.session.runtime, self.session.codes, info)
            found.append(object_facts(self.session.runtime, where, value, comparison))
            if len(found) == MAX_OBJECTS:
                break
        return to_plain(found)

    def _references(self) -> Iterator[tuple[str, ObjectValue]]:
        """Objects that slots of the chosen frame and its managed callers refer to."""
        session = self.session
        chosen = frames.stopped_in(session)
        for frame in frames.outwards(chosen):
            if frame.level() - chosen.level() > 8:
                return
            if not frames.is_managed(session, frame):
                continue
            view = session.viewer().view(frames.decoded(session, frame))
            for slot in view.slots:
                target_object = _object_of(slot.value)
                if target_object is not None:
                    yield f"{slot.name} of #{view.level} {view.method}", target_object

    def _culprit(self) -> Any:
        """The method that the doctor blames, where it is not the one in the picture already."""
        findings = self.report.findings if self.report is not None else ()
        session = self.session
        if not findings or not findings[0].place.method:
            return None
        place = findings[0].place
        method = next(
            (m for m in session.find_methods(place.method)
             if m.assembly.name == place.assembly and session.code_of(m) is not None), None)
        code = session.codes.method_at(place.address) if place.address else None
        blamed = session.codes.code_of(code) if code is not None else (
            session.code_of(method) if method is not None else None)
        shown = frames.place_of(session, frames.stopped_in(session))
        if blamed is None or (
            shown is not None and shown.code is not None and shown.code.start == blamed.start
        ):
            return None
        source = session.method_source(session.runtime.metadata_method(blamed.method))
        return {
            "finding": findings[0].title(),
            "frame": to_plain(static_frame(session.runtime, blamed, source)),
            "listing": to_plain(native_listing(
                session.runtime, session.codes, blamed, source,
                place.address if place.address else None)),
        }

    def _heap(self) -> Any:
        return to_plain(heap_statistics(self.session.runtime, None))

    def _doctor(self) -> Any:
        spec = SPECS.get("clr-doctor")
        if spec is None:
            self.problems.append("doctor: this clrscope has no clr-doctor")
            return None
        report = spec.run(self.session, _NO_ARGUMENTS)
        assert isinstance(report, DoctorReport)
        self.report = report
        self.sarif = to_sarif(report)
        # The report itself tells of stores: a second run may know more of them than is known here.
        self.texts["doctor"] = to_text(replace(report, stores=()), Style())
        return to_plain(report)

    def _which_bytes(self) -> Any:
        """What a second run must have at its end, for each of the doctor's suspects."""
        if self.report is None:
            return []
        frames.choose(self.session, None).select()
        targets = [s.target for answer in self.report.stores for s in answer.suspects]
        return [
            to_plain(timetravel.facts(self.session, replace(t, what=f"{t.address:#x}")))
            for t in targets]


def _object_of(value: Value | None) -> ObjectValue | None:
    """The object behind a reference's value, if it has fields or elements to show."""
    found = value.target if value is not None else None
    return found if found is not None and (found.fields or found.elements) else None


def collect(session: Session) -> dict[str, Any]:
    """The facts about the stopped target."""
    return Collector(session).facts()
