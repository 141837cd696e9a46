// Calls into Opcodes.dll: function pointers, constrained calls, dup of wide values (il/Calls.cs).
namespace Conformance
{
    // @group il_calls
    public static class IlCallsGroup
    {
        static void FunctionPointers()
        {
            T.L("calli.0", Il.Calls.calli_0(3)); T.L("calli.1", Il.Calls.calli_1(3));
            T.L("calli.2", Il.Calls.calli_2(3)); T.L("calli.3", Il.Calls.calli_3(3));
            T.L("calli.4", Il.Calls.calli_4(3)); T.L("calli.5", Il.Calls.calli_5(-3));
            T.L("calli.6", Il.Calls.calli_6(3)); T.L("calli.7", Il.Calls.calli_7(3));
            T.L("calli.struct", Il.Calls.calli_struct(9));
            T.I("calli.stored", Il.Calls.calli_stored(7));
            T.I("ldvirtftn.base", Il.Calls.ldvirtftn(Il.Calls.NewShape(6), 1));
            T.I("ldvirtftn.derived", Il.Calls.ldvirtftn(Il.Calls.NewSquare(6), 1));
            T.I("ldftn.instance", Il.Calls.ldftn_instance(Il.Calls.NewSquare(6), 1));
            T.S("ldvirtftn.interface",
                Il.Calls.ldvirtftn_interface((Il.INaming)Il.Calls.BoxItem(1)));
        }

        static void Dispatch()
        {
            T.I("call.nonvirtual", Il.Calls.call_nonvirtual(Il.Calls.NewSquare(6), 2));
            T.I("callvirt", Il.Calls.callvirt(Il.Calls.NewSquare(6), 2));
            T.I("tail.base", Il.Calls.tail_call(Il.Calls.NewShape(6), 3));
            T.I("tail.derived", Il.Calls.tail_call(Il.Calls.NewSquare(6), 3));
            T.I("constrained.interface", Il.Calls.constrained_interface(40));
            T.I("constrained.override", Il.Calls.constrained_override(40));
            T.S("constrained.inherited", Il.Calls.constrained_inherited());
            T.I("constrained.reference", Il.Calls.constrained_reference(Il.Calls.NewSquare(5), 4));
            T.S("constrained.int", Il.Calls.constrained_int(-12));
            object o = Il.Calls.BoxItem(5); T.I("unbox.hash", o.GetHashCode());
            T.I("unbox.field", Il.Calls.unbox_field(o)); T.I("unbox.changed", o.GetHashCode());
            T.I("unbox.int", Il.Calls.unbox_int(123));
            T.S("unbox.any.string", Il.Calls.unbox_any_reference("ref"));
            T.I("isinst.item", Il.Calls.isinst_item(o));
            T.I("isinst.item.not", Il.Calls.isinst_item("no"));
            T.I("isinst.naming", Il.Calls.isinst_naming(o));
            T.I("isinst.naming.not", Il.Calls.isinst_naming(5)); T.I("sizes", Il.Calls.sizes());
        }

        static void Stack()
        {
            T.L("dup.wide", Il.Calls.dup_wide(5)); T.I("dup.odd", Il.Calls.dup_odd(3));
            T.D("dup.double", Il.Calls.dup_double(1.5)); T.F("dup.float", Il.Calls.dup_float(1.5f));
            T.L("dup.long", Il.Calls.dup_long(1L << 40));
            T.L("join.left", Il.Calls.join(2, 1000, 2.5));
            T.L("join.right", Il.Calls.join(5, 1000, 2.5)); T.I("deep", Il.Calls.deep(11));
            for (int i = -1; i < 8; i++)
                T.I(string.Concat("switch.", i.ToString()), Il.Calls.switch_back(i));
            T.I("leave.short", Il.Calls.leave_short(5));
        }

        static void Types()
        {
            Il.Wide w = Il.Calls.MakeWide(7);
            T.L("wide", w.F0 + w.F1 * 10 + w.F2 * 100 + w.F3 * 1000);
            Il.Odd b = Il.Calls.MakeOdd(3); T.I("odd", b.B0 + b.B1 * 1000 + b.B2 * 1000000);
            Il.Wide n = new Il.Wide(2, 3); n.F1++; T.L("wide.newobj", n.F1 * n.F3);
            Il.Odd[] a = new Il.Odd[4]; a[2] = b; a[3].B1 = 9; T.I("odd.array", a[2].B0 + a[3].B1);
            Il.Shape s = new Il.Square(4); s.Side += 2; T.I("square", s.Area(1));
        }

        public static void Run() { FunctionPointers(); Dispatch(); Stack(); Types(); }
    }
}
