"""micrograd's module `engine`."""

from jangrad.engine import Value as Value
