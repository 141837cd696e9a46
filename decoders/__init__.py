"""Pure decoders: bytes in, facts out. Nothing here knows gdb or QEMU."""
