"""The gdb side of clrscope: commands, unwinder, frame filter. See init.py."""
