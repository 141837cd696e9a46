"""Where a guest's instructions went and where its objects were made, by method and stack.

report: the table. flamegraph: an SVG page. files: collapsed stacks and speedscope's JSON.
"""
