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
printf "  [rbp+40] home of argument 3         0x%016lx\n", *(unsigned long *)($frame->rbp + (40))
printf "  [rbp+32] home of argument 2         0x%016lx\n", *(unsigned long *)($frame->rbp + (32))
printf "  [rbp+24] home of argument 1         0x%016lx\n", *(unsigned long *)($frame->rbp + (24))
printf "  [rbp+16] home of argument 0 (this)  0x%016lx\n", *(unsigned long *)($frame->rbp + (16))
printf "  [rbp+8]  return address             0x%016lx\n", *(unsigned long *)($frame->rbp + (8))
printf "  [rbp]    caller's rbp               0x%016lx\n", *(unsigned long *)($frame->rbp + (0))
printf "  [rbp-8]                             0x%016lx\n", *(unsigned long *)($frame->rbp + (-8))
printf "  [rbp-16]                            0x%016lx\n", *(unsigned long *)($frame->rbp + (-16))
printf "  [rbp-24]                            0x%016lx\n", *(unsigned long *)($frame->rbp + (-24))
printf "  [rbp-32]                            0x%016lx\n", *(unsigned long *)($frame->rbp + (-32))
printf "  [rbp-40]                            0x%016lx\n", *(unsigned long *)($frame->rbp + (-40))
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
detach
