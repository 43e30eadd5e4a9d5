"""What a function may read, noted and looked at again: whether that is as it was.

Nothing here knows what is made of the function.
"""

from jangrad.guards.compare import unchanged as unchanged
from jangrad.guards.keys import is_plain as is_plain
from jangrad.guards.keys import kinds as kinds
from jangrad.guards.observers import ABSENT as ABSENT
from jangrad.guards.observers import UNREAD as UNREAD
from jangrad.guards.seen import Draws as Draws
from jangrad.guards.seen import Roots as Roots
from jangrad.guards.seen import Seen as Seen
from jangrad.guards.seen import look as look
from jangrad.guards.seen import same as same
from jangrad.guards.seen import undone_on_errors as undone_on_errors
from jangrad.guards.weak_calls import weakly as weakly
