"""What the tests of exports share."""

from tests.compiler.conftest import own_operations as own_operations
