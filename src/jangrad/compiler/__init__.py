"""`jit`: functions written for single numbers, as loops in machine code.

What is outside enters here, or by a door of its own: `predicting.py` for networks, `running.py`
and `building.py` for training, `exporting.py` for exports. Nothing else in this package is imported
from outside.
"""

from jangrad.compiler.jit import Compiled as Compiled
from jangrad.compiler.jit import jit as jit
from jangrad.switches import SWITCHES as SWITCHES
from jangrad.switches import without as without
