"""The table of rules: every invariant that the doctor knows, by id."""

from __future__ import annotations

from decoders.doctor.model import Rule

_TABLE = (
    # Family 1: heap blocks.
    ("heap-block", 1, "heap block", "Every heap block begins with a MethodTable of a loaded type "
     "and ends inside of the heap.", "clr-heap -validate", 70),
    ("heap-overlap", 1, "heap overlap", "No object's fields or elements reach into the next "
     "block.", "clr-object ADDR", 60),
    ("heap-header", 1, "object header", "An object's header holds nothing but bits that its "
     "runtime sets.", "x/4gx ADDR-8", 72),
    # Family 2: layouts.
    ("type-field-layout", 2, "field layout", "A field lies at the offset and has the size that "
     "metadata gives under the published policy.", "clr-type TYPE", 10),
    ("type-size", 2, "type size", "BaseSize and instance size are those that the fields need.",
     "clr-mt TYPE", 11),
    ("array-component-size", 2, "array stride", "An array type's ComponentSize is the size of its "
     "element.", "clr-mt TYPE", 12),
    ("type-relations", 2, "parent and interfaces", "Parent, element type, interface map and flags "
     "of a MethodTable are those of its metadata.", "clr-mt TYPE", 13),
    ("vtable-slot", 2, "vtable slot", "A vtable slot leads to the method that overriding rules "
     "put there.", "clr-mt TYPE", 14),
    ("vtable-shared", 2, "shared vtable slot", "No two methods of a type that are not overrides "
     "of each other share a slot.", "clr-mt TYPE", 13),
    # Family 3: frames.
    ("argument-home", 3, "argument homing", "The prologue stores every argument that arrives in a "
     "register into its home.", "clr-disas METHOD", 20),
    ("callee-saved", 3, "callee-saved registers", "A register that belongs to the caller is saved "
     "before it is used and restored on every way out.", "clr-disas METHOD", 21),
    ("save-area", 3, "save area", "Nothing that the prologue zeroes or a local holds lies over "
     "saved registers, RBP or the return address.", "clr-frame", 19),
    ("local-slot", 3, "local slots", "Locals lie inside the frame, aligned, as large as their "
     "types, and none over another.", "clr-locals", 18),
    ("frame-record", 3, "frame record", "The JIT's record of a frame agrees with the signature "
     "and with the prologue's code.", "clr-frame", 24),
    ("slot-access", 3, "argument and local access", "ldarg, starg, ldloc, stloc and their address "
     "forms use the slot that the IL names.", "clr-disas METHOD", 30),
    ("shadow-space", 3, "shadow space", "A call leaves 32 bytes between RSP and everything that "
     "is still needed.", "clr-disas METHOD", 22),
    ("call-alignment", 3, "stack alignment", "RSP is a multiple of 16 at every call.",
     "clr-disas METHOD", 25),
    ("call-argument", 3, "call arguments", "Every argument of a call is where the callee's "
     "signature looks for it.", "clr-disas METHOD", 23),
    # Family 4: the evaluation stack.
    ("stack-depth", 4, "evaluation stack depth", "Between two IL instructions RSP moves by what "
     "the IL pushes and pops.", "clr-evalstack", 32),
    ("stack-record", 4, "evaluation stack record", "The recorded evaluation stack is the one that "
     "the IL has there.", "clr-evalstack", 34),
    # Family 5: values that live across calls.
    ("saved-register", 5, "values across calls", "A saved register, home or live slot keeps its "
     "value until its method returns.", "clr-frame LEVEL", 62),
    ("return-address", 5, "return addresses", "A return address lies behind a call instruction.",
     "clr-bt", 61),
    # Family 6: identity of code.
    ("code-identity", 6, "identity of code", "A method's code was compiled from its own IL, of its "
     "own assembly and token.", "clr-disas METHOD", 8),
    ("call-target", 6, "call target", "A call goes to the method that its token names, through the "
     "slot that is that method's.", "clr-disas METHOD", 16),
    # Family 7: effects of IL.
    ("allocation-type", 7, "allocated type", "newarr, newobj and box allocate with the MethodTable "
     "of the type that their token names.", "clr-disas METHOD", 15),
    ("field-access", 7, "field access", "A field access has the displacement and width of the "
     "field that its token names.", "clr-disas METHOD", 31),
    ("element-access", 7, "element access", "An array access strides by the size of the element.",
     "clr-disas METHOD", 31),
    ("value-move", 7, "values moved whole", "dup, pop, copies and stores move the whole value.",
     "clr-evalstack", 28),
    ("operand-width", 7, "operand width", "Arithmetic on 64-bit operands works on 64 bits.",
     "clr-disas METHOD", 29),
    ("exception-check", 7, "checks that throw", "Null, bounds, zero divisors and overflow are "
     "noticed where the IL instruction must throw.", "clr-disas METHOD", 32),
    ("il-effect", 7, "effect of an instruction", "Between two IL boundaries the machine code does "
     "what the IL instruction does.", "clr-disas METHOD", 33),
    # Family 8: static types.
    ("reference-type", 8, "type of a reference", "A reference points to an object that is "
     "assignable to the static type of the slot that holds it.", "clr-object ADDR", 64),
    ("reference-target", 8, "target of a reference", "A reference is null or the address of an "
     "object.", "clr-object ADDR", 74),
)  # fmt: skip

RULES: dict[str, Rule] = {row[0]: Rule(*row) for row in _TABLE}
