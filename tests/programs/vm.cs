// A byte-code interpreter: computes factorials and a Collatz length with its own little machine.
using System;

sealed class Machine
{
    const byte Push = 0, Add = 1, Sub = 2, Mul = 3, Dup = 4, Swap = 5, Jz = 6, Jmp = 7, Print = 8,
        Halt = 9, Load = 10, Store = 11, Mod = 12, Div = 13;

    readonly long[] stack = new long[64];
    readonly long[] memory = new long[8];
    int top;

    public long this[int slot] { get { return memory[slot]; } set { memory[slot] = value; } }

    public int Run(byte[] code)
    {
        int pc = 0, steps = 0;
        while (true)
        {
            steps++;
            byte op = code[pc++];
            long t;
            switch (op)
            {
                case Push: stack[top++] = (sbyte)code[pc++]; break;
                case Add: top--; stack[top - 1] += stack[top]; break;
                case Sub: top--; stack[top - 1] -= stack[top]; break;
                case Mul: top--; stack[top - 1] *= stack[top]; break;
                case Mod: top--; stack[top - 1] %= stack[top]; break;
                case Div: top--; stack[top - 1] /= stack[top]; break;
                case Dup: stack[top] = stack[top - 1]; top++; break;
                case Swap: t = stack[top - 1]; stack[top - 1] = stack[top - 2]; stack[top - 2] = t;
                break;
                case Jz: if (stack[--top] == 0) pc = code[pc]; else pc++; break;
                case Jmp: pc = code[pc]; break;
                case Load: stack[top++] = memory[code[pc++]]; break;
                case Store: memory[code[pc++]] = stack[--top]; break;
                case Print: Console.WriteLine("print {0}", stack[--top]); break;
                case Halt: return steps;
                default: Console.WriteLine("bad opcode " + op); return -1;
            }
        }
    }

    static int Main()
    {
        Machine m = new Machine();
        byte[] factorial = { Push, 1, Store, 1, Load, 0, Jz, 21, Load, 1, Load, 0, Mul, Store, 1,
            Load, 0, Push, 1, Jmp, 24, Load, 1, Halt, Sub, Store, 0, Jmp, 4 };
        for (int n = 1; n <= 20; n += 4)
        {
            m[0] = n;
            int steps = m.Run(factorial);
            Console.WriteLine("{0}! = {1} in {2} steps", n, m[1], steps);
        }
        byte[] print = { Push, 100, Push, 251, Add, Print, Push, 7, Dup, Mul, Push, 5, Swap, Mod,
            Print, Halt };
        return m.Run(print) + m.Run(new byte[] { 99 });
    }
}
