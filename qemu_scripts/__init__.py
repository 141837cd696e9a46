"""Running the reference kernel in QEMU, and the `clrscope` command line."""
