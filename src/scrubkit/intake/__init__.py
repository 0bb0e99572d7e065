"""A drive: find its files in a stable order, run them, name and publish what comes out."""
