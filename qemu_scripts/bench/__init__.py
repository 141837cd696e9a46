"""`clrscope bench`: measurements, not tests."""
