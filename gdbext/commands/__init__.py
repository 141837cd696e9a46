"""The commands, one topic a module. `load.load` imports every module of this folder."""
