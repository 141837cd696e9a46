"""Going back in time: recordings of a run, their replay, and who wrote an address.

monitor: QEMU's machine protocol, one call at a time. machine: the QEMU of a recording. recording:
what lies in a recording's folder. record, replay: make one, and run it again. who_wrote: the last
store to an address, from two runs and the store log. debug: QEMU and gdb in one terminal.
"""
