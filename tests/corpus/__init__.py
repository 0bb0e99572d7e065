"""Tests on real files, which lie outside the project and are never copied into it."""
