"""Numbers that a command's help and its code both need."""

# Frames in a stack listing.
FRAMES = 1000
# Rows of a list.
ROWS = 500
# Paths to an object.
PATHS = 8
# Problems of the heap.
PROBLEMS = 20
# Stores in a history.
STORES = 20
# Seconds until a step is interrupted.
STEP_SECONDS = 10.0
