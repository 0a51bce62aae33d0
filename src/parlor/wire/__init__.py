"""Bytes <-> values, no I/O. One package a protocol; siblings never import each other."""
