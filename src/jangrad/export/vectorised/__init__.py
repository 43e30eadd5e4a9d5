"""Functions of scalars as operations on whole arrays: NumPy, JAX, ONNX."""
