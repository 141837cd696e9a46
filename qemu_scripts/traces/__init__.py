"""Traces, coverage and profiles from the TCG plugin `clrtrace`, read while the guest runs.

shared: the file that plugin and host map. plugin: QEMU's options for it. ring: taking records out.
records: what a store record says. trace_file: records on disk. table: counters of coverage and
profile.
"""
