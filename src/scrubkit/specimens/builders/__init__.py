"""Makers of valid and deliberately wrong files; nothing here imports scrubkit."""
