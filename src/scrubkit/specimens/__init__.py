"""Made-up files of every format, and a secret in every place of them where one can hide.

The conformance suite and `scrubkit selftest` use them; the cleaner never does.
They're written from the standards, and share nothing with our readers and writers.
"""
