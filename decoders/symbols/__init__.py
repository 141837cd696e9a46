"""Compiled methods as one ELF object with DWARF: names, lines and frames for any debugger."""

from decoders.symbols.collect import Collector
from decoders.symbols.elf import Section, Symbol, write_elf
from decoders.symbols.object import Function, Line, SymbolObject

__all__ = ["Collector", "Function", "Line", "Section", "Symbol", "SymbolObject", "write_elf"]
