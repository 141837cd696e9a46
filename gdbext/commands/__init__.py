"""The functions that run the commands, one topic a module: see gdbext/declared."""
