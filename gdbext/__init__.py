"""The gdb side of clrscope: commands, unwinder, frame filter. Start with `source gdbext/init.py`."""
