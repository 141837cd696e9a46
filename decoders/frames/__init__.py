"""Frames of managed code: how to unwind them, what lies in them, and why one faulted."""
