"""Training steps in machine code: `compile_step`, and the steps of `fit`.

It brings NumPy and LLVM, so it is imported where machine code is asked for.
"""
