"""Independent second readers.  They share nothing with our own parsers, so that a blind spot has a witness.

Native libraries run in a child process with limits on time and memory.
"""
