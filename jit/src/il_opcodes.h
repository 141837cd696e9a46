/* Every IL opcode once: X(code, ID, name, operand, pop, push).
 *
 * Source: ECMA-335 partition III and VI.C.2 (opcode.def). Two-byte opcodes are 0xFExx. `pop`
 * and `push` count evaluation-stack entries; V: depends on the operand (calls, ret). The
 * decoder, the messages and the underflow check all come from this list. */
#ifndef JIT_IL_OPCODES_H
#define JIT_IL_OPCODES_H

#define V (-1)

#define IL_ONE_BYTE(X)                                                                             \
    X(0x00, NOP, "nop", NONE, 0, 0)                                                                \
    X(0x01, BREAK, "break", NONE, 0, 0)                                                            \
    X(0x02, LDARG_0, "ldarg.0", NONE, 0, 1)                                                        \
    X(0x03, LDARG_1, "ldarg.1", NONE, 0, 1)                                                        \
    X(0x04, LDARG_2, "ldarg.2", NONE, 0, 1)                                                        \
    X(0x05, LDARG_3, "ldarg.3", NONE, 0, 1)                                                        \
    X(0x06, LDLOC_0, "ldloc.0", NONE, 0, 1)                                                        \
    X(0x07, LDLOC_1, "ldloc.1", NONE, 0, 1)                                                        \
    X(0x08, LDLOC_2, "ldloc.2", NONE, 0, 1)                                                        \
    X(0x09, LDLOC_3, "ldloc.3", NONE, 0, 1)                                                        \
    X(0x0A, STLOC_0, "stloc.0", NONE, 1, 0)                                                        \
    X(0x0B, STLOC_1, "stloc.1", NONE, 1, 0)                                                        \
    X(0x0C, STLOC_2, "stloc.2", NONE, 1, 0)                                                        \
    X(0x0D, STLOC_3, "stloc.3", NONE, 1, 0)                                                        \
    X(0x0E, LDARG_S, "ldarg.s", VAR8, 0, 1)                                                        \
    X(0x0F, LDARGA_S, "ldarga.s", VAR8, 0, 1)                                                      \
    X(0x10, STARG_S, "starg.s", VAR8, 1, 0)                                                        \
    X(0x11, LDLOC_S, "ldloc.s", VAR8, 0, 1)                                                        \
    X(0x12, LDLOCA_S, "ldloca.s", VAR8, 0, 1)                                                      \
    X(0x13, STLOC_S, "stloc.s", VAR8, 1, 0)                                                        \
    X(0x14, LDNULL, "ldnull", NONE, 0, 1)                                                          \
    X(0x15, LDC_I4_M1, "ldc.i4.m1", NONE, 0, 1)                                                    \
    X(0x16, LDC_I4_0, "ldc.i4.0", NONE, 0, 1)                                                      \
    X(0x17, LDC_I4_1, "ldc.i4.1", NONE, 0, 1)                                                      \
    X(0x18, LDC_I4_2, "ldc.i4.2", NONE, 0, 1)                                                      \
    X(0x19, LDC_I4_3, "ldc.i4.3", NONE, 0, 1)                                                      \
    X(0x1A, LDC_I4_4, "ldc.i4.4", NONE, 0, 1)                                                      \
    X(0x1B, LDC_I4_5, "ldc.i4.5", NONE, 0, 1)                                                      \
    X(0x1C, LDC_I4_6, "ldc.i4.6", NONE, 0, 1)                                                      \
    X(0x1D, LDC_I4_7, "ldc.i4.7", NONE, 0, 1)                                                      \
    X(0x1E, LDC_I4_8, "ldc.i4.8", NONE, 0, 1)                                                      \
    X(0x1F, LDC_I4_S, "ldc.i4.s", I8, 0, 1)                                                        \
    X(0x20, LDC_I4, "ldc.i4", I32, 0, 1)                                                           \
    X(0x21, LDC_I8, "ldc.i8", I64, 0, 1)                                                           \
    X(0x22, LDC_R4, "ldc.r4", R4, 0, 1)                                                            \
    X(0x23, LDC_R8, "ldc.r8", R8, 0, 1)                                                            \
    X(0x25, DUP, "dup", NONE, 1, 2)                                                                \
    X(0x26, POP, "pop", NONE, 1, 0)                                                                \
    X(0x27, JMP, "jmp", TOKEN, 0, 0)                                                               \
    X(0x28, CALL, "call", TOKEN, V, V)                                                             \
    X(0x29, CALLI, "calli", TOKEN, V, V)                                                           \
    X(0x2A, RET, "ret", NONE, V, 0)                                                                \
    X(0x2B, BR_S, "br.s", BR8, 0, 0)                                                               \
    X(0x2C, BRFALSE_S, "brfalse.s", BR8, 1, 0)                                                     \
    X(0x2D, BRTRUE_S, "brtrue.s", BR8, 1, 0)                                                       \
    X(0x2E, BEQ_S, "beq.s", BR8, 2, 0)                                                             \
    X(0x2F, BGE_S, "bge.s", BR8, 2, 0)                                                             \
    X(0x30, BGT_S, "bgt.s", BR8, 2, 0)                                                             \
    X(0x31, BLE_S, "ble.s", BR8, 2, 0)                                                             \
    X(0x32, BLT_S, "blt.s", BR8, 2, 0)                                                             \
    X(0x33, BNE_UN_S, "bne.un.s", BR8, 2, 0)                                                       \
    X(0x34, BGE_UN_S, "bge.un.s", BR8, 2, 0)                                                       \
    X(0x35, BGT_UN_S, "bgt.un.s", BR8, 2, 0)                                                       \
    X(0x36, BLE_UN_S, "ble.un.s", BR8, 2, 0)                                                       \
    X(0x37, BLT_UN_S, "blt.un.s", BR8, 2, 0)                                                       \
    X(0x38, BR, "br", BR32, 0, 0)                                                                  \
    X(0x39, BRFALSE, "brfalse", BR32, 1, 0)                                                        \
    X(0x3A, BRTRUE, "brtrue", BR32, 1, 0)                                                          \
    X(0x3B, BEQ, "beq", BR32, 2, 0)                                                                \
    X(0x3C, BGE, "bge", BR32, 2, 0)                                                                \
    X(0x3D, BGT, "bgt", BR32, 2, 0)                                                                \
    X(0x3E, BLE, "ble", BR32, 2, 0)                                                                \
    X(0x3F, BLT, "blt", BR32, 2, 0)                                                                \
    X(0x40, BNE_UN, "bne.un", BR32, 2, 0)                                                          \
    X(0x41, BGE_UN, "bge.un", BR32, 2, 0)                                                          \
    X(0x42, BGT_UN, "bgt.un", BR32, 2, 0)                                                          \
    X(0x43, BLE_UN, "ble.un", BR32, 2, 0)                                                          \
    X(0x44, BLT_UN, "blt.un", BR32, 2, 0)                                                          \
    X(0x45, SWITCH, "switch", SWITCH, 1, 0)                                                        \
    X(0x46, LDIND_I1, "ldind.i1", NONE, 1, 1)                                                      \
    X(0x47, LDIND_U1, "ldind.u1", NONE, 1, 1)                                                      \
    X(0x48, LDIND_I2, "ldind.i2", NONE, 1, 1)                                                      \
    X(0x49, LDIND_U2, "ldind.u2", NONE, 1, 1)                                                      \
    X(0x4A, LDIND_I4, "ldind.i4", NONE, 1, 1)                                                      \
    X(0x4B, LDIND_U4, "ldind.u4", NONE, 1, 1)                                                      \
    X(0x4C, LDIND_I8, "ldind.i8", NONE, 1, 1)                                                      \
    X(0x4D, LDIND_I, "ldind.i", NONE, 1, 1)                                                        \
    X(0x4E, LDIND_R4, "ldind.r4", NONE, 1, 1)                                                      \
    X(0x4F, LDIND_R8, "ldind.r8", NONE, 1, 1)                                                      \
    X(0x50, LDIND_REF, "ldind.ref", NONE, 1, 1)                                                    \
    X(0x51, STIND_REF, "stind.ref", NONE, 2, 0)                                                    \
    X(0x52, STIND_I1, "stind.i1", NONE, 2, 0)                                                      \
    X(0x53, STIND_I2, "stind.i2", NONE, 2, 0)                                                      \
    X(0x54, STIND_I4, "stind.i4", NONE, 2, 0)                                                      \
    X(0x55, STIND_I8, "stind.i8", NONE, 2, 0)                                                      \
    X(0x56, STIND_R4, "stind.r4", NONE, 2, 0)                                                      \
    X(0x57, STIND_R8, "stind.r8", NONE, 2, 0)                                                      \
    X(0x58, ADD, "add", NONE, 2, 1)                                                                \
    X(0x59, SUB, "sub", NONE, 2, 1)                                                                \
    X(0x5A, MUL, "mul", NONE, 2, 1)                                                                \
    X(0x5B, DIV, "div", NONE, 2, 1)                                                                \
    X(0x5C, DIV_UN, "div.un", NONE, 2, 1)                                                          \
    X(0x5D, REM, "rem", NONE, 2, 1)                                                                \
    X(0x5E, REM_UN, "rem.un", NONE, 2, 1)                                                          \
    X(0x5F, AND, "and", NONE, 2, 1)                                                                \
    X(0x60, OR, "or", NONE, 2, 1)                                                                  \
    X(0x61, XOR, "xor", NONE, 2, 1)                                                                \
    X(0x62, SHL, "shl", NONE, 2, 1)                                                                \
    X(0x63, SHR, "shr", NONE, 2, 1)                                                                \
    X(0x64, SHR_UN, "shr.un", NONE, 2, 1)                                                          \
    X(0x65, NEG, "neg", NONE, 1, 1)                                                                \
    X(0x66, NOT, "not", NONE, 1, 1)                                                                \
    X(0x67, CONV_I1, "conv.i1", NONE, 1, 1)                                                        \
    X(0x68, CONV_I2, "conv.i2", NONE, 1, 1)                                                        \
    X(0x69, CONV_I4, "conv.i4", NONE, 1, 1)                                                        \
    X(0x6A, CONV_I8, "conv.i8", NONE, 1, 1)                                                        \
    X(0x6B, CONV_R4, "conv.r4", NONE, 1, 1)                                                        \
    X(0x6C, CONV_R8, "conv.r8", NONE, 1, 1)                                                        \
    X(0x6D, CONV_U4, "conv.u4", NONE, 1, 1)                                                        \
    X(0x6E, CONV_U8, "conv.u8", NONE, 1, 1)                                                        \
    X(0x6F, CALLVIRT, "callvirt", TOKEN, V, V)                                                     \
    X(0x70, CPOBJ, "cpobj", TOKEN, 2, 0)                                                           \
    X(0x71, LDOBJ, "ldobj", TOKEN, 1, 1)                                                           \
    X(0x72, LDSTR, "ldstr", TOKEN, 0, 1)                                                           \
    X(0x73, NEWOBJ, "newobj", TOKEN, V, 1)                                                         \
    X(0x74, CASTCLASS, "castclass", TOKEN, 1, 1)                                                   \
    X(0x75, ISINST, "isinst", TOKEN, 1, 1)                                                         \
    X(0x76, CONV_R_UN, "conv.r.un", NONE, 1, 1)                                                    \
    X(0x79, UNBOX, "unbox", TOKEN, 1, 1)                                                           \
    X(0x7A, THROW, "throw", NONE, 1, 0)                                                            \
    X(0x7B, LDFLD, "ldfld", TOKEN, 1, 1)                                                           \
    X(0x7C, LDFLDA, "ldflda", TOKEN, 1, 1)                                                         \
    X(0x7D, STFLD, "stfld", TOKEN, 2, 0)                                                           \
    X(0x7E, LDSFLD, "ldsfld", TOKEN, 0, 1)                                                         \
    X(0x7F, LDSFLDA, "ldsflda", TOKEN, 0, 1)                                                       \
    X(0x80, STSFLD, "stsfld", TOKEN, 1, 0)                                                         \
    X(0x81, STOBJ, "stobj", TOKEN, 2, 0)                                                           \
    X(0x82, CONV_OVF_I1_UN, "conv.ovf.i1.un", NONE, 1, 1)                                          \
    X(0x83, CONV_OVF_I2_UN, "conv.ovf.i2.un", NONE, 1, 1)                                          \
    X(0x84, CONV_OVF_I4_UN, "conv.ovf.i4.un", NONE, 1, 1)                                          \
    X(0x85, CONV_OVF_I8_UN, "conv.ovf.i8.un", NONE, 1, 1)                                          \
    X(0x86, CONV_OVF_U1_UN, "conv.ovf.u1.un", NONE, 1, 1)                                          \
    X(0x87, CONV_OVF_U2_UN, "conv.ovf.u2.un", NONE, 1, 1)                                          \
    X(0x88, CONV_OVF_U4_UN, "conv.ovf.u4.un", NONE, 1, 1)                                          \
    X(0x89, CONV_OVF_U8_UN, "conv.ovf.u8.un", NONE, 1, 1)                                          \
    X(0x8A, CONV_OVF_I_UN, "conv.ovf.i.un", NONE, 1, 1)                                            \
    X(0x8B, CONV_OVF_U_UN, "conv.ovf.u.un", NONE, 1, 1)                                            \
    X(0x8C, BOX, "box", TOKEN, 1, 1)                                                               \
    X(0x8D, NEWARR, "newarr", TOKEN, 1, 1)                                                         \
    X(0x8E, LDLEN, "ldlen", NONE, 1, 1)                                                            \
    X(0x8F, LDELEMA, "ldelema", TOKEN, 2, 1)                                                       \
    X(0x90, LDELEM_I1, "ldelem.i1", NONE, 2, 1)                                                    \
    X(0x91, LDELEM_U1, "ldelem.u1", NONE, 2, 1)                                                    \
    X(0x92, LDELEM_I2, "ldelem.i2", NONE, 2, 1)                                                    \
    X(0x93, LDELEM_U2, "ldelem.u2", NONE, 2, 1)                                                    \
    X(0x94, LDELEM_I4, "ldelem.i4", NONE, 2, 1)                                                    \
    X(0x95, LDELEM_U4, "ldelem.u4", NONE, 2, 1)                                                    \
    X(0x96, LDELEM_I8, "ldelem.i8", NONE, 2, 1)                                                    \
    X(0x97, LDELEM_I, "ldelem.i", NONE, 2, 1)                                                      \
    X(0x98, LDELEM_R4, "ldelem.r4", NONE, 2, 1)                                                    \
    X(0x99, LDELEM_R8, "ldelem.r8", NONE, 2, 1)                                                    \
    X(0x9A, LDELEM_REF, "ldelem.ref", NONE, 2, 1)                                                  \
    X(0x9B, STELEM_I, "stelem.i", NONE, 3, 0)                                                      \
    X(0x9C, STELEM_I1, "stelem.i1", NONE, 3, 0)                                                    \
    X(0x9D, STELEM_I2, "stelem.i2", NONE, 3, 0)                                                    \
    X(0x9E, STELEM_I4, "stelem.i4", NONE, 3, 0)                                                    \
    X(0x9F, STELEM_I8, "stelem.i8", NONE, 3, 0)                                                    \
    X(0xA0, STELEM_R4, "stelem.r4", NONE, 3, 0)                                                    \
    X(0xA1, STELEM_R8, "stelem.r8", NONE, 3, 0)                                                    \
    X(0xA2, STELEM_REF, "stelem.ref", NONE, 3, 0)                                                  \
    X(0xA3, LDELEM, "ldelem", TOKEN, 2, 1)                                                         \
    X(0xA4, STELEM, "stelem", TOKEN, 3, 0)                                                         \
    X(0xA5, UNBOX_ANY, "unbox.any", TOKEN, 1, 1)                                                   \
    X(0xB3, CONV_OVF_I1, "conv.ovf.i1", NONE, 1, 1)                                                \
    X(0xB4, CONV_OVF_U1, "conv.ovf.u1", NONE, 1, 1)                                                \
    X(0xB5, CONV_OVF_I2, "conv.ovf.i2", NONE, 1, 1)                                                \
    X(0xB6, CONV_OVF_U2, "conv.ovf.u2", NONE, 1, 1)                                                \
    X(0xB7, CONV_OVF_I4, "conv.ovf.i4", NONE, 1, 1)                                                \
    X(0xB8, CONV_OVF_U4, "conv.ovf.u4", NONE, 1, 1)                                                \
    X(0xB9, CONV_OVF_I8, "conv.ovf.i8", NONE, 1, 1)                                                \
    X(0xBA, CONV_OVF_U8, "conv.ovf.u8", NONE, 1, 1)                                                \
    X(0xC2, REFANYVAL, "refanyval", TOKEN, 1, 1)                                                   \
    X(0xC3, CKFINITE, "ckfinite", NONE, 1, 1)                                                      \
    X(0xC6, MKREFANY, "mkrefany", TOKEN, 1, 1)                                                     \
    X(0xD0, LDTOKEN, "ldtoken", TOKEN, 0, 1)                                                       \
    X(0xD1, CONV_U2, "conv.u2", NONE, 1, 1)                                                        \
    X(0xD2, CONV_U1, "conv.u1", NONE, 1, 1)                                                        \
    X(0xD3, CONV_I, "conv.i", NONE, 1, 1)                                                          \
    X(0xD4, CONV_OVF_I, "conv.ovf.i", NONE, 1, 1)                                                  \
    X(0xD5, CONV_OVF_U, "conv.ovf.u", NONE, 1, 1)                                                  \
    X(0xD6, ADD_OVF, "add.ovf", NONE, 2, 1)                                                        \
    X(0xD7, ADD_OVF_UN, "add.ovf.un", NONE, 2, 1)                                                  \
    X(0xD8, MUL_OVF, "mul.ovf", NONE, 2, 1)                                                        \
    X(0xD9, MUL_OVF_UN, "mul.ovf.un", NONE, 2, 1)                                                  \
    X(0xDA, SUB_OVF, "sub.ovf", NONE, 2, 1)                                                        \
    X(0xDB, SUB_OVF_UN, "sub.ovf.un", NONE, 2, 1)                                                  \
    X(0xDC, ENDFINALLY, "endfinally", NONE, 0, 0)                                                  \
    X(0xDD, LEAVE, "leave", BR32, 0, 0)                                                            \
    X(0xDE, LEAVE_S, "leave.s", BR8, 0, 0)                                                         \
    X(0xDF, STIND_I, "stind.i", NONE, 2, 0)                                                        \
    X(0xE0, CONV_U, "conv.u", NONE, 1, 1)

#define IL_TWO_BYTE(X)                                                                             \
    X(0xFE00, ARGLIST, "arglist", NONE, 0, 1)                                                      \
    X(0xFE01, CEQ, "ceq", NONE, 2, 1)                                                              \
    X(0xFE02, CGT, "cgt", NONE, 2, 1)                                                              \
    X(0xFE03, CGT_UN, "cgt.un", NONE, 2, 1)                                                        \
    X(0xFE04, CLT, "clt", NONE, 2, 1)                                                              \
    X(0xFE05, CLT_UN, "clt.un", NONE, 2, 1)                                                        \
    X(0xFE06, LDFTN, "ldftn", TOKEN, 0, 1)                                                         \
    X(0xFE07, LDVIRTFTN, "ldvirtftn", TOKEN, 1, 1)                                                 \
    X(0xFE09, LDARG, "ldarg", VAR16, 0, 1)                                                         \
    X(0xFE0A, LDARGA, "ldarga", VAR16, 0, 1)                                                       \
    X(0xFE0B, STARG, "starg", VAR16, 1, 0)                                                         \
    X(0xFE0C, LDLOC, "ldloc", VAR16, 0, 1)                                                         \
    X(0xFE0D, LDLOCA, "ldloca", VAR16, 0, 1)                                                       \
    X(0xFE0E, STLOC, "stloc", VAR16, 1, 0)                                                         \
    X(0xFE0F, LOCALLOC, "localloc", NONE, 1, 1)                                                    \
    X(0xFE11, ENDFILTER, "endfilter", NONE, 1, 0)                                                  \
    X(0xFE12, UNALIGNED, "unaligned.", I8, 0, 0)                                                   \
    X(0xFE13, VOLATILE, "volatile.", NONE, 0, 0)                                                   \
    X(0xFE14, TAIL, "tail.", NONE, 0, 0)                                                           \
    X(0xFE15, INITOBJ, "initobj", TOKEN, 1, 0)                                                     \
    X(0xFE16, CONSTRAINED, "constrained.", TOKEN, 0, 0)                                            \
    X(0xFE17, CPBLK, "cpblk", NONE, 3, 0)                                                          \
    X(0xFE18, INITBLK, "initblk", NONE, 3, 0)                                                      \
    X(0xFE19, NO, "no.", I8, 0, 0)                                                                 \
    X(0xFE1A, RETHROW, "rethrow", NONE, 0, 0)                                                      \
    X(0xFE1C, SIZEOF, "sizeof", TOKEN, 0, 1)                                                       \
    X(0xFE1D, REFANYTYPE, "refanytype", NONE, 1, 1)                                                \
    X(0xFE1E, READONLY, "readonly.", NONE, 0, 0)

#define IL_OPCODES(X) IL_ONE_BYTE(X) IL_TWO_BYTE(X)

enum il_opcode {
#define X(code, id, name, operand, pop, push) IL_##id = code,
    IL_OPCODES(X)
#undef X
};

#endif
