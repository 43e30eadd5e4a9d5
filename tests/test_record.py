"""Records: what is given by position, by name or not at all; as the tuples that they are."""

import copy
import pickle
from typing import Any

import pytest

from jangrad.record import Record


class Point(Record):
    """With a default, a method and a property."""

    x: float
    y: float = 0.0
    names: tuple[str, ...] = ()

    @property
    def size(self):
        """What a record computes of its parts."""
        return abs(self.x) + abs(self.y)


class Empty(Record):
    """Without parts."""


@pytest.mark.parametrize(
    "made",
    [
        lambda: Point(1.0, 2.0, ()),
        lambda: Point(1.0, 2.0),
        lambda: Point(1.0, y=2.0),
        lambda: Point(y=2.0, x=1.0),
        lambda: Point(3.0, 2.0)._replace(x=1.0),
        lambda: pickle.loads(pickle.dumps(Point(1.0, 2.0))),
        lambda: copy.deepcopy(Point(1.0, 2.0)),
    ],
)
def test_parts_have_names_and_places(made):
    """However they were given."""
    point = made()
    assert (point.x, point.y, point.names, point.size) == (1.0, 2.0, (), 3.0)
    assert type(point) is Point
    assert point == (1.0, 2.0, ())
    assert repr(point) == "Point(x=1.0, y=2.0, names=())"
    assert point._asdict() == {"x": 1.0, "y": 2.0, "names": ()}


def test_a_record_may_have_no_parts():
    """It is an empty tuple."""
    assert Empty() == ()
    assert repr(Empty()) == "Empty()"


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ((), {}),
        ((), {"y": 2.0}),
        ((1.0, 2.0, (), 4.0), {}),
        ((1.0, 2.0), {"x": 1.0}),
        ((1.0,), {"z": 1.0}),
    ],
)
def test_what_does_not_fit_is_refused(parts: Any, named: Any):
    """Too few parts, too many, one given twice, and one that is not there."""
    with pytest.raises(TypeError, match="Point takes x, y, names"):
        Point(*parts, **named)


def test_parts_are_not_assigned():
    """Nor are others replaced than there are."""
    point = Point(1.0)
    with pytest.raises(AttributeError):
        point.x = 2.0
    with pytest.raises(TypeError, match="Point has no z"):
        point._replace(z=2.0)
