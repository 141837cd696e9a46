"""`clrscope postmortem`: from a boot, or from a dump, to a report that says what is wrong."""
