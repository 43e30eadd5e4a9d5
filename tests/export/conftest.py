"""What the tests of exports share with those of the compiler."""

from tests.compiler.conftest import own_operations as own_operations
