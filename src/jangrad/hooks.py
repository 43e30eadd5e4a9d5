"""What a lower room asks of an upper one; the front door fills it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Draws a network: `show_network(net, row)`.
show_network: Callable[[Any, Any], Any] | None = None
