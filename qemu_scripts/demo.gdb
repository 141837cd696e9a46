# What `clrscope demo` has gdb do: run to the kernel's fatal hook, show where the processor was.
set pagination off
set confirm off
set style enabled off

break clr_fatal_hook
continue

printf "\n==== page fault caught by gdb at the kernel's fatal hook ====\n\n"
clr-frame
printf "\n==== and how it came there ====\n\n"
clr-bt
detach
