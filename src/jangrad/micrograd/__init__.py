"""Drop-in names for code written for micrograd: change `micrograd` to `jangrad.micrograd`.

`engine.Value` is jangrad's Value, open as micrograd's is: operations by closure, methods put into
the class, subclasses. Graphs may be mixed with everything else. `nn` has micrograd's classes with
its names, its global random numbers and its unwrapped single output.

Source: Karpathy, micrograd (2020).
"""
