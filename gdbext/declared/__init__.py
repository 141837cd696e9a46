"""What gdb is told of the commands at `source`: names, help, arguments. One topic a module.

The module of the same name in gdbext/commands has the functions that run them.
"""
