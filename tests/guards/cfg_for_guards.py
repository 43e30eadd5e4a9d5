"""A module of a user's, whose numbers are read by compiled functions of `test_guards.py`."""

rate = 1.5
nested = {"rate": 1.5}


def scaled(x):
    return x * rate
