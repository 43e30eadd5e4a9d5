"""Data to learn from, as plain lists: seeded toy problems and the user's own CSV files.

Every toy problem returns `(X, y)`: a list of rows of floats and a list of targets.
`read_csv` gives the same as a `Table`, with a description of its columns that a model file keeps,
so that `read_rows` can read later rows in the same way.

A table is read cell by cell, and all that happens to a cell can be read in these files; pyarrow, if
it is there, reads Parquet and large tables of plain numbers.
"""

from __future__ import annotations

from jangrad.datasets.columns import Column as Column
from jangrad.datasets.columns import Columns as Columns
from jangrad.datasets.columns import Scale as Scale
from jangrad.datasets.table import Table as Table
from jangrad.datasets.table import read_csv as read_csv
from jangrad.datasets.table import read_rows as read_rows
from jangrad.datasets.toy import blobs as blobs
from jangrad.datasets.toy import circles as circles
from jangrad.datasets.toy import four_rows as four_rows
from jangrad.datasets.toy import moons as moons
from jangrad.datasets.toy import spirals as spirals
from jangrad.datasets.toy import xor as xor
