"""What commands and reports show of types, methods, objects and the heap, computed without gdb."""
