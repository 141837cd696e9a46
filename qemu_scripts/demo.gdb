# What `clrscope demo` has gdb do: run to the kernel's fatal hook, show where the processor was.
set pagination off
set confirm off
set style enabled off

break clr_fatal_hook
continue

set $frame = g_last_fault.frame
printf "\n==== page fault caught by gdb at the kernel's fatal hook ====\n"
printf "vector %lu, error code 0x%lx, CR2 = 0x%lx\n", g_last_fault.vector, g_last_fault.error, g_last_fault.cr2

printf "\nthe instruction that faulted:\n"
x/i $frame->rip
printf "  rcx (argument 0 arrives here) = 0x%016lx\n", $frame->rcx
printf "  rax (top of evaluation stack) = 0x%016lx\n", $frame->rax

printf "\nits frame, from high to low addresses:\n"
define slot
  printf "  %s  0x%016lx\n", $arg0, *(unsigned long *)($frame->rbp + $arg1)
end
slot "[rbp+40] home of argument 3       " 40
slot "[rbp+32] home of argument 2       " 32
slot "[rbp+24] home of argument 1       " 24
slot "[rbp+16] home of argument 0 (this)" 16
slot "[rbp+8]  return address           " 8
slot "[rbp]    caller's rbp             " 0
slot "[rbp-8]                           " -8
slot "[rbp-16]                          " -16
printf "  rsp = 0x%016lx, rbp = 0x%016lx\n", $frame->rsp, $frame->rbp

python
import gdb
try:
    gdb.execute("clr-frame")
except gdb.error as error:
    # The managed commands are not part of every checkout: the slots above are the picture then.
    if "Undefined command" not in str(error):
        raise
end
kill
