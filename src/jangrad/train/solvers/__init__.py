"""Full-batch methods: their numerics, the run of `fit` that they make, and `minimize`.

What is in here needs NumPy, and is imported when a method is first used.
"""
