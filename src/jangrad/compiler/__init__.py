"""The compiler: traces functions of scalars, finds the arrays in them, and emits machine code."""
