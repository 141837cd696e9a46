"""Line and branch coverage of C# sources, from the plugin's counts of machine instructions.

counts: machine counts to IL counts. model: what is reported. collect: IL counts to sources.
lcov, cobertura, html: three ways to write it down.
"""
