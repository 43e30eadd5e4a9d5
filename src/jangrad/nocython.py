"""Stands in for the module `cython` where Cython is not installed: the engine runs uncompiled."""

compiled = False
double = float
