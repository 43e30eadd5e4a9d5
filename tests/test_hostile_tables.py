"""Tables as spreadsheets, databases and instruments write them: read rightly, or refused.

Each file has one right reading, written beside it, or none: then the error has to name the place
and a way out. What is silently read as something else is the worst mistake of all.
"""

import re

import pytest

from jangrad.datasets import read_csv
from jangrad.datasets.table import read_source
from jangrad.errors import DataError
from jangrad.tabular import Training

TWO = ([[1.0], [3.0]], [2.0, 4.0])

# (what it is, the file, options, the inputs and targets). The target is `b`.
READ = [
    ("BOM", b"\xef\xbb\xbfa,b\n1,2\n3,4\n", {}, TWO),
    ("BOM before the target", b"\xef\xbb\xbfb,a\n2,1\n4,3\n", {}, TWO),
    ("BOM and quotes", b'\xef\xbb\xbf"a","b"\n1,2\n3,4\n', {}, TWO),
    ("semicolons", "a;b\n1;2\n3;4\n", {}, TWO),
    ("tabs", "a\tb\n1\t2\n3\t4\n", {}, TWO),
    ("pipes", "a|b\n1|2\n3|4\n", {}, TWO),
    ("a line that names the separator", "sep=;\na;b\n1;2\n3;4\n", {}, TWO),
    ("CRLF, no last line end", "a,b\r\n1,2\r\n3,4", {}, TWO),
    ("old Mac line ends", "a,b\r1,2\r3,4\r", {}, TWO),
    ("line ends of three systems", "a,b\r\n1,2\n3,4\r", {}, TWO),
    ("blank lines everywhere", "\n\na,b\n\n1,2\n\n\n3,4\n\n", {}, TWO),
    ("rows of separators alone", "a,b\n1,2\n,\n3,4\n,\n", {}, TWO),
    ("a separator at the end of each line", "a,b,\n1,2,\n3,4,\n", {}, TWO),
    ("spaces around cells", " a , b \n 1 , 2 \n 3 , 4 \n", {}, TWO),
    ("spaces before quotes", 'a, b\n"1", "2"\n"3", "4"\n', {}, TWO),
    ("everything in quotes", '"a","b"\n"1","2"\n"3","4"\n', {}, TWO),
    ("UTF-16 little endian", "a,b\n1,2\n3,4\n".encode("utf-16"), {}, TWO),
    ("UTF-16 big endian", "\ufeffa,b\n1,2\n3,4\n".encode("utf-16-be"), {}, TWO),
    ("UTF-16 with tabs, of Excel", "a\tb\r\n1\t2\r\n3\t4\r\n".encode("utf-16"), {}, TWO),
    ("Windows-1252, said", "größe,b\n1,2\n3,4\n".encode("cp1252"), {"encoding": "cp1252"}, TWO),
    ("spaces of no width", "a\u200b,b\n1\u200b,2\n3,\ufeff4\n", {}, TWO),
    ("non-breaking spaces", "a,b\n\u00a01,2\n3,4\u00a0\n", {}, TWO),
    ("the row numbers of pandas", ",a,b\n0,1,2\n1,3,4\n", {}, TWO),
    ("the row numbers of R", '"","a","b"\n"1",1,2\n"2",3,4\n', {}, TWO),
    ("decimal commas", "a;b\n1,5;2,5\n3,5;4,5\n", {}, ([[1.5], [3.5]], [2.5, 4.5])),
    ("points that group thousands", "a;b\n1.299,99;2\n3,5;4\n", {}, ([[1299.99], [3.5]], [2, 4])),
    ("spaces that group thousands", "a;b\n1 299,5;2\n3,5;4\n", {}, ([[1299.5], [3.5]], [2, 4])),
    ("commas that group thousands, said", 'a,b\n"1,234.5",2\n3,4\n', {"decimal": "."}, ([[1234.5], [3]], [2, 4])),  # noqa: E501
    ("exponents", "a,b\n1e3,2\n-2.5E-1,4\n", {}, ([[1000.0], [-0.25]], [2, 4])),
    ("signs", "a,b\n+1,2\n-3,4\n", {}, ([[1.0], [-3.0]], [2, 4])),
    ("typeset minus signs", "a,b\n−1,2\n–3,4\n", {}, ([[-1.0], [-3.0]], [2, 4])),
    ("points before and after", "a,b\n.5,2\n3.,4\n", {}, ([[0.5], [3.0]], [2, 4])),
    ("full-width digits", "a,b\n１,2\n３,4\n", {}, TWO),
    ("Arabic digits", "a,b\n١,2\n٣,4\n", {}, TWO),
    ("hexadecimal", "a,b\n0x10,2\n3,4\n", {}, ([[16.0], [3.0]], [2, 4])),
    ("underscores of programmers", "a,b\n1_000,2\n3,4\n", {}, ([[1000.0], [3.0]], [2, 4])),
    ("negative zero", "a,b\n-0.0,2\n3,4\n", {}, ([[0.0], [3.0]], [2, 4])),
    ("the largest and the smallest float", "a,b\n1e308,2\n-1e308,4\n", {}, ([[1e308], [-1e308]], [2, 4])),  # noqa: E501
    ("percent", "a,b\n12%,2\n5 %,4\n", {}, ([[12.0], [5.0]], [2, 4])),
    ("percent with decimal commas", "a;b\n12,5%;2\n5%;4\n", {}, ([[12.5], [5.0]], [2, 4])),
    ("missing cells of ten kinds", "a,b\n1,2\n,1\nNA,1\nn/a,1\n#N/A,1\nNaN,1\nnull,1\n?,1\nNone,1\n<NA>,1\n3,4\n", {}, ([[1.0], *[[2.0]] * 9, [3.0]], [2, *[1] * 9, 4])),  # noqa: E501
    ("a missing target, dropped", "a,b\n1,2\n7,\n3,4\n", {"missing": "drop"}, TWO),
    ("yes and no", "a,b\nyes,2\nno,4\n", {}, ([[1.0], [0.0]], [2, 4])),
    ("TRUE and false, in any case", "a,b\nTRUE,2\nfalse,4\nTrue,5\n", {}, ([[1.0], [0.0], [1.0]], [2, 4, 5])),  # noqa: E501
    ("dates", "a,b\n2024-01-02,2\n2024-01-03,4\n", {}, ([[2024, 1, 1, 8767], [2024, 1, 2, 8768]], [2, 4])),  # noqa: E501
    ("German dates", "a;b\n2.1.2024;2\n3.1.2024;4\n", {}, ([[2024, 1, 1, 8767], [2024, 1, 2, 8768]], [2, 4])),  # noqa: E501
    ("American dates", "a,b\n1/2/2024,2\n1/13/2024,4\n", {}, ([[2024, 1, 1, 8767], [2024, 1, 5, 8778]], [2, 4])),  # noqa: E501
    ("times with zones", "a,b\n2024-01-02T03:00:00+03:00,2\n2024-01-02 00:00Z,4\n", {}, ([[2024, 1, 1, 8767, 0]] * 2, [2, 4])),  # noqa: E501
    ("separators inside quotes", 'a,b\n"Doe, Jane",2\n"Roe, Tom",4\n', {}, ([[1, 0], [0, 1]], [2, 4])),  # noqa: E501
    ("line ends inside quotes", 'a,b\n"first\nsecond",2\nother,4\n', {}, ([[1, 0], [0, 1]], [2, 4])),  # noqa: E501
    ("quotes inside quotes", 'a,b\n"5"" pipe",2\nother,4\n', {}, ([[1, 0], [0, 1]], [2, 4])),
    ("texts that differ in case", "a,b\nRed,2\nred,4\n", {}, ([[1, 0], [0, 1]], [2, 4])),
    ("texts of other scripts", "色,b\n赤,2\n青,4\n", {}, ([[1, 0], [0, 1]], [2, 4])),
    ("the text none is a category", "a,b\nnone,2\nsome,4\n", {}, ([[1, 0], [0, 1]], [2, 4])),
    ("names that differ in case", "a,A,b\n1,5,2\n3,6,4\n", {}, ([[1, 5], [3, 6]], [2, 4])),
    ("names with dots and brackets", "a.x [m²],b\n1,2\n3,4\n", {}, TWO),
    ("quoted numbers are numbers", 'a,b\n"1",2\n"3",4\n', {}, TWO),
    ("one row", "a,b\n1,2\n", {}, ([[1.0]], [2.0])),
    ("UTF-16 without its mark, said", "a,b\n1,2\n3,4\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, TWO),  # noqa: E501
    ("cells of blanks", "a,b\n  ,2\n3,4\n\t,6\n5,8\n", {}, ([[4.0], [3.0], [4.0], [5.0]], [2, 4, 6, 8])),  # noqa: E501
    ("quotes around nothing", 'a,b\n"",2\n"3",4\n"5",6\n', {}, ([[4.0], [3.0], [5.0]], [2, 4, 6])),
    ("a line end in a name", '"a\nx",b\n1,2\n3,4\n', {}, TWO),
    ("form feeds", "a,b\n\x0c1,2\n3\x0b,4\n", {}, TWO),
    ("marks of direction", "a,b\n\u200f1,2\n3,4\n", {}, TWO),
    ("a terminal's orders in a name", "a\x1b[31m,b\n1,2\n3,4\n", {}, TWO),
    ("exponents with decimal commas", "a;b\n1,5e3;2\n2,5;4\n", {}, ([[1500.0], [2.5]], [2, 4])),
    ("apostrophes that group thousands", "a;b\n1'299,5;2\n3,5;4\n", {}, ([[1299.5], [3.5]], [2, 4])),  # noqa: E501
    ("thin spaces that group thousands", "a;b\n1\u2009299,5;2\n3,5;4\n", {}, ([[1299.5], [3.5]], [2, 4])),  # noqa: E501
    ("a target in percent", "a,b\n1,5%\n2,6%\n", {}, ([[1.0], [2.0]], [5, 6])),
    ("on and off", "a,b\non,2\nOFF,4\n", {}, ([[1.0], [0.0]], [2, 4])),
    ("y, n and nothing", "a,b\ny,2\nn,4\n,5\n", {}, ([[1.0], [0.0], [0.5]], [2, 4, 5])),
    ("yes, no and perhaps", "a,b\nyes,2\nno,4\nperhaps,5\n", {}, ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [2, 4, 5])),  # noqa: E501
    ("nan among words", "a,b\nnan,2\nred,4\nblue,5\n", {}, ([[0.5, 0.5], [0, 1], [1, 0]], [2, 4, 5])),  # noqa: E501
    ("years as names", "2019 x,2020,b\n1,5,2\n3,6,4\n", {}, ([[1, 5], [3, 6]], [2, 4])),
    ("ranges are texts", "a,b\n10-20,2\n20-30,4\n", {}, ([[1, 0], [0, 1]], [2, 4])),
    ("a text of 50,000 letters", f"a,b\n{'y' * 50_000},2\nz,4\n", {}, ([[1, 0], [0, 1]], [2, 4])),
    ("a name of 100,000 letters", f"{'x' * 100_000},b\n1,2\n3,4\n", {}, TWO),
    ("10,000 columns", ",".join(f"c{i}" for i in range(10_000)) + ",b\n" + "".join(f"{','.join(map(str, range(j, j + 10_000)))},{j}\n" for j in (2, 4)), {}, ([[float(j + i) for i in range(10_000)] for j in (2, 4)], [2, 4])),  # noqa: E501
]  # fmt: skip

ANY = r"t\.csv"
# (what it is, the file, options, how the error begins, its place)
REFUSED = [
    ("the same name twice", "a,a,b\n1,5,2\n3,6,4\n", {}, "columns 1 and 2 are both named `a`", "line 1"),  # noqa: E501
    ("no header", "1,2\n3,4\n", {}, "the first line holds numbers", "line 1"),
    ("no header, decimal commas", "1,5;2,5\n3;4,5\n", {}, "the first line holds numbers", "line 1"),
    ("a comment first", "# made by x\na,b\n1,2\n3,4\n", {}, "the row has 2 cells", "line 2"),
    ("a title first", "Sales 2024,,\n,,\na,b,c\n1,2,3\n", {}, "", "line"),
    ("empty", "", {}, "`t.csv` is empty", ""),
    ("blank", " \n\r\n,\n", {}, "`t.csv` is empty", ""),
    ("names only", "a,b\n", {}, "`t.csv` names columns, but has no rows", "line 1"),
    ("one column", "b\n1\n2\n", {}, "no column is left as an input", ""),
    ("no such column", "a,c\n1,2\n", {}, "there is no column `b`", "first line"),
    ("a short row", "a,b\n1,2\n3\n", {}, "the row has 1 cell, but there are 2", "line 3"),
    ("a long row", "a,b\n1,2,9\n3,4\n", {}, "the row has 3 cells, but there are 2", "line 2"),
    ("an unclosed quote", 'a,b\n"1,2\n3,4\n', {}, "the row that starts here cannot be read", "line 2"),  # noqa: E501
    ("text behind a quote", 'a,b\n"1"x,2\n3,4\n', {}, "the row that starts here cannot", "line 2"),
    ("names in the middle", "a,b\n1,2\na,b\n3,4\n", {}, "the row repeats the names", "line 3"),
    ("two ways to separate", "a, m\tb\n1,5\t2\n2,5\t3\n", {}, "the cells may be separated by", ""),
    ("a word among numbers", "a,b\n1,2\nabc,4\n3,5\n", {}, "`abc` is not a number", "line 3, column `a`"),  # noqa: E501
    ("the letter O for 0", "a,b\n1,2\n1O,4\n3,5\n", {}, "`1O` is not a number", "line 3, column `a`"),  # noqa: E501
    ("inf", "a,b\n1,2\ninf,4\n", {}, "`inf` is not a finite number", "line 3, column `a`"),
    ("a number beyond floats", "a,b\n1,2\n1e999,4\n", {}, "`1e999` is not a finite", "line 3, column `a`"),  # noqa: E501
    ("a spreadsheet's error", "a,b\n1,2\n#DIV/0!,4\n", {}, "`#DIV/0!` is not a number", "line 3, column `a`"),  # noqa: E501
    ("a formula", "a,b\n1,2\n=A2*2,4\n", {}, "`=A2*2` is not a", "line 3, column `a`"),
    ("thousands between commas", 'a,b\n"1,234.5",2\n3,4\n', {}, "`1,234.5` is not written as", "line 2, column `a`"),  # noqa: E501
    ("1,234 in doubt", "a;b\n1,234;2\n5,678;4\n", {}, "`1,234` is not written as", "line 2, column `a`"),  # noqa: E501
    ("1.234 among 3.456,7", "a;b\n1.234;2\n3.456,7;5\n", {}, "`1.234` is not written", "line 2, column `a`"),  # noqa: E501
    ("currency", "a,b\n€ 5,2\n$7,4\n", {}, "`€ 5` is not written as a number", "line 2, column `a`"),  # noqa: E501
    ("percent among shares", "a,b\n12%,2\n0.5,4\n", {}, "`12%` is not written as", "line 2, column `a`"),  # noqa: E501
    ("numbers of bookkeepers", "a,b\n(5),2\n7,4\n", {}, "`(5)` is not written as", "line 2, column `a`"),  # noqa: E501
    ("versions", "a,b\n1.2.3,2\n1.2.4,4\n", {}, "`1.2.3` is not written as", "line 2, column `a`"),
    ("dates in doubt", "a,b\n01/02/2024,2\n03/04/2024,4\n", {}, "`01/02/2024` may be", "line 2, column `a`"),  # noqa: E501
    ("the 30th of February", "a,b\n2024-02-30,2\n2024-01-31,4\n", {}, "`2024-02-30` is a day or a time that does not exist", "line 2, column `a`"),  # noqa: E501
    ("dates and numbers", "a,b\n2024-01-02,2\n45293,4\n", {}, "`2024-01-02` is not a number", "line 2, column `a`"),  # noqa: E501
    ("a column of nothing", "a,b\n,2\nNA,4\n", {}, "the column `a` holds nothing", ""),
    ("a missing target", "a,b\n1,2\n3,nan\n", {}, "the target `b` is missing", "line 3, column `b`"),  # noqa: E501
    ("a missing class", "a,b\n1,x\n3,\n5,y\n", {}, "the target `b` is missing", "line 3, column `b`"),  # noqa: E501
    ("one class only", "a,b\n1,x\n3,x\n", {}, "the target `b` has only one class, `x`", "column `b`"),  # noqa: E501
    ("a column of names", "a,b\n" + "".join(f"name{i},{i}\n" for i in range(30)), {}, "the column `a` holds 30 different texts", "line 2, column `a`"),  # noqa: E501
    ("Latin-1, not said", "größe,b\n1,2\n".encode("latin-1"), {}, "`t.csv` is not a text file in UTF-8: it holds the byte 0xF6", "line 1"),  # noqa: E501
    ("the wrong encoding said", "größe,b\n1,2\n".encode("latin-1"), {"encoding": "ascii"}, "`t.csv` is not a text file in ASCII", "line 1"),  # noqa: E501
    ("half a letter of UTF-8", b"a,b\n1,2\n" + b"\xc3", {}, "`t.csv` is not a text file in UTF-8", "line 3"),  # noqa: E501
    ("half of UTF-16", "a,b\n1,2\n".encode("utf-16")[:-1], {}, "`t.csv` is not a text file in UTF-16", "line"),  # noqa: E501
    ("NUL bytes", b"a,b\n1,\x00\n", {}, "`t.csv` is not a text file in UTF-8: it holds a NUL", "line 2"),  # noqa: E501
    ("a workbook", b"PK\x03\x04abc", {}, "`t.csv` is no CSV file", ""),
    ("an old workbook", b"\xd0\xcf\x11\xe0abc", {}, "`t.csv` is no CSV file", ""),
    ("gzip", b"\x1f\x8babc", {}, "`t.csv` is no CSV file", ""),
    ("a cell without an end", f'a,b\n"{"x" * 200_000}",1\n', {}, "the row that starts here cannot be read: field larger", "line 2"),  # noqa: E501
    ("JSON", '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', {}, "`t.csv` is no CSV file", ""),
    ("a list in JSON", '[{"a": 1, "b": 2}, {"a": 3, "b": 4}]', {}, "`t.csv` is no CSV file", ""),
    ("a page of HTML", "<html>\n<body>\n<p>Not found</p>\n", {}, "`t.csv` is no CSV file", ""),
    ("XML", "<?xml version='1.0'?>\n<r><a>1</a></r>\n", {}, "`t.csv` is no CSV file", ""),
    ("bzip2", b"BZh91AY&SY\x80\x81", {}, "`t.csv` is no CSV file", ""),
    ("xz", b"\xfd7zXZ\x00abc", {}, "`t.csv` is no CSV file", ""),
    ("zstd", b"\x28\xb5\x2f\xfd\x00abc", {}, "`t.csv` is no CSV file", ""),
    ("a PDF", b"%PDF-1.4\n%\xe2\xe3", {}, "`t.csv` is no CSV file", ""),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00", {}, "`t.csv` is no CSV file", ""),
    ("a database", b"SQLite format 3\x00", {}, "`t.csv` is no CSV file", ""),
    ("an Arrow file", b"ARROW1\x00\x00", {}, "`t.csv` is no CSV file", ""),
    ("an array of NumPy", b"\x93NUMPY\x01\x00v", {}, "`t.csv` is no CSV file", ""),
    ("UTF-32", "a,b\n1,2\n".encode("utf-32"), {}, "`t.csv` is no CSV file", ""),
    ("UTF-16 without its mark", "a,b\n1,2\n".encode("utf-16-le"), {}, "`t.csv` is not a text file in UTF-8: it holds a NUL", "line 1"),  # noqa: E501
    ("a letter in half of UTF-16", b"a,b\n\xed\xa0\x80,2\n", {}, "`t.csv` is not a text file in UTF-8", "line 2"),  # noqa: E501
    ("units under the names", "a,b\nkg,m\n1,2\n3,4\n", {}, "`kg` is not a number", "line 2, column `a`"),  # noqa: E501
    ("a sum below", "a,b\n1,2\n3,4\nTotal,6\n", {}, "`Total` is not a number", "line 4, column `a`"),  # noqa: E501
    ("a remark below", "a,b\n1,2\n3,4\nSource: census\n", {}, "the row has 1 cell", "line 4"),
    ("a comment between", "a,b\n1,2\n# note, x\n3,4\n", {}, "`# note` is not a number", "line 3"),
    ("an end of DOS", "a,b\n1,2\n3,4\n\x1a", {}, "the row has 1 cell", "line 4"),
    ("the null of MySQL", "a,b\n1,2\n\\N,4\n3,5\n", {}, "`\\N` is not a number", "line 3, column `a`"),  # noqa: E501
    ("the gap of SAS", "a,b\n1,2\n.,4\n3,5\n", {}, "`.` is not a number", "line 3, column `a`"),
    ("a dash for a gap", "a,b\n1,2\n-,4\n3,5\n", {}, "`-` is not a number", "line 3, column `a`"),
    ("less than can be measured", "a,b\n1,2\n<5,4\n3,5\n", {}, "`<5` is not a number", "line 3, column `a`"),  # noqa: E501
    ("infinity in signs", "a,b\n1,2\n∞,4\n", {}, "`∞` is not a number", "line 3, column `a`"),
    ("an infinite target", "a,b\n1,2\n2,-Infinity\n", {}, "`-Infinity` is not a finite", "line 3, column `b`"),  # noqa: E501
    ("a target of two kinds", "a,b\n1,2\n2,x\n3,4\n", {}, "`x` is not a number", "line 3, column `b`"),  # noqa: E501
    ("shares among a target in percent", "a,b\n1,5%\n2,0.06\n3,7%\n", {}, "`5%` is not written", "line 2, column `b`"),  # noqa: E501
    ("dates of two orders", "a,b\n2024-01-31,2\n31.01.2024,4\n", {}, "`31.01.2024` is not written as the other", "line 3, column `a`"),  # noqa: E501
    ("the year 0", "a,b\n0000-01-01,2\n2024-02-01,4\n", {}, "`0000-01-01` is a day or a time", "line 2, column `a`"),  # noqa: E501
    ("a leap second", "a,b\n2016-12-31 23:59:60,2\n2024-02-01 00:00:00,4\n", {}, "`2016-12-31 23:59:60` is a day or a time", "line 2, column `a`"),  # noqa: E501
    ("yes, no and 1", "a,b\nyes,2\n1,4\nno,5\n", {}, "`yes` is not a number", "line 2, column `a`"),
    ("quotes with backslashes", 'a,b\n"x \\"y\\"",2\nz,4\n', {}, "the row that starts here cannot", "line 2"),  # noqa: E501
    ("points of India", 'a;b\n"12,34,567.5";2\n"1,000.5";4\n', {}, "`12,34,567.5` is not written", "line 2, column `a`"),  # noqa: E501
    ("decimal commas between commas", "a,b\n1,5,2\n3,5,4\n", {}, "the row has 3 cells", "line 2"),
    ("decimal commas in quotes", 'a,b\n"1,5",2\n"3,5",4\n', {}, "`1,5` is not written", "line 2, column `a`"),  # noqa: E501
    ("exponents of Fortran", "a,b\n1.5D3,2\n2.5,4\n", {}, "`1.5D3` is not a number", "line 2, column `a`"),  # noqa: E501
    ("half an exponent", "a,b\n1.5e,2\n2.5,4\n", {}, "`1.5e` is not a number", "line 2, column `a`"),  # noqa: E501
    ("octal", "a,b\n0o17,2\n3,4\n", {}, "`0o17` is not a number", "line 2, column `a`"),
    ("hexadecimal without a mark", "a,b\nff,2\n1a,4\n10,5\n", {}, "`ff` is not a number", "line 2, column `a`"),  # noqa: E501
    ("complex numbers", "a,b\n1+2j,2\n3,4\n", {}, "`1+2j` is not a number", "line 2, column `a`"),
    ("a square", "a,b\n1²,2\n3,4\n", {}, "`1²` is not a number", "line 2, column `a`"),
    ("about", "a,b\n~5,2\n6,4\n", {}, "`~5` is not a number", "line 2, column `a`"),
    ("thousandths", "a,b\n5‰,2\n6‰,4\n", {}, "`5‰` is not written", "line 2, column `a`"),
    ("a hyphen that is not seen", "a,b\n1\u00ad0,2\n3,4\n", {}, "`1\u00ad0` is not a number", "line 2, column `a`"),  # noqa: E501
    ("a number of 400 digits", f"a,b\n{'1' * 400},2\n3,4\n", {}, "`1111", "line 2, column `a`"),
    ("a table of Markdown", "| a | b |\n|---|---|\n| 1 | 2 |\n", {}, "`---` is not a number", "line 2, column `a`"),  # noqa: E501
    ("blanks between", "a b\n1 2\n3 4\n", {}, "there is no column `b`", "first line"),
    ("colons between", "a:b\n1:2\n3:4\n", {}, "there is no column `b`", "first line"),
    ("another separator than is told", "sep=;\na,b\n1,2\n", {}, "there is no column `b`", "first line"),  # noqa: E501
    ("line ends of mainframes", "a,b\u00851,2\u00853,4\u0085", {}, "`t.csv` names columns, but", "line 1"),  # noqa: E501
    ("line ends of Unicode", "a,b\u20281,2\u20283,4", {}, "`t.csv` names columns, but", "line 1"),
    ("two files joined, with marks", "a,b\n1,2\n\ufeffa,b\n3,4\n", {}, "the row repeats the names", "line 3"),  # noqa: E501
    ("names that differ by blanks", " a,a ,b\n1,2,3\n4,5,6\n", {}, "columns 1 and 2 are both named `a`", "line 1"),  # noqa: E501
    ("a column without a name", "a,,b\n1,7,2\n3,8,4\n", {}, "column 2 of 3 has no name", "line 1"),
    ("ARFF", "@relation x\n@attribute a numeric\n@data\n1,2\n3,4\n", {}, "the row has 2 cells", "line 4"),  # noqa: E501
]  # fmt: skip


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write t.csv."""
    monkeypatch.chdir(tmp_path)

    def write(content):
        path = tmp_path / "t.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return "t.csv"

    return write


def test_there_are_enough_of_them():
    """More than 80, each once."""
    assert len({name for name, *_ in (*READ, *REFUSED)}) == len(READ) + len(REFUSED) > 170


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\nkg,m\n1,2\n3,4\n", "or delete the line, if it holds units, sums or a remark"),
        ("a,b\n1,2\nTotal,2\n", "or delete the line, if it holds units, sums or a remark"),
        (
            "a,b\n1,2\nx,3\n3,4\n",
            "try: correct the cell, or leave it empty if the number is not known$",
        ),
        ("a b\n1 2\n", "that line is one name, `a b`, for it holds no separator"),
        ("a,b\n1,2\n".encode("utf-16-le"), 'encoding="utf-16-le"`, if it is in UTF-16 without'),
        ("a,b\n1,2\n".encode("utf-16-be"), 'encoding="utf-16-be"`, if it is in UTF-16 without'),
        (b"%PDF-1.4", "why: it is a PDF\n  try: the table that was printed into it, as CSV"),
    ],
)
def test_advice_fits_what_it_seems_to_be(write, content, words):
    """As far as a look at it tells."""
    with pytest.raises(DataError, match=words):
        read_csv(write(content), "b")


def test_numbers_that_are_what_they_are_have_no_note(write):
    """Nines among others like them, and whole numbers that are no days."""
    rows = "".join(f"{950 + 7 * i},{20240100 + 13 * i},{i}\n" for i in range(9))
    notes = read_csv(write(f"a,c,b\n{rows}999,20249999,9\n"), "b").notes
    assert not [note for note in notes if "stands in" in note or "looks like" in note]


@pytest.mark.parametrize(
    ("content", "options", "right"), [row[1:] for row in READ], ids=[row[0] for row in READ]
)
def test_the_right_table(write, content, options, right):
    """Cell by cell; and a network can be built for it."""
    file = write(content)
    table = read_csv(file, "b", **options)
    assert (table.X, table.y) == right
    training = Training(read_source(file, "b", **options))
    assert training.net.n_inputs == len(table.inputs)


@pytest.mark.parametrize(
    ("content", "options", "what", "where"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_a_refusal_that_helps(write, content, options, what, where):
    """It says what is wrong, in which file, line and column, and a way out."""
    with pytest.raises(DataError) as caught:
        read_csv(write(content), "b", **options)
    error = caught.value
    assert error.what.startswith(what)
    assert re.search(rf"t\.csv.*{re.escape(where)}", error.where)
    assert error.try_


SLIP = "0,1\n1,2\n2,3\n3,1\n" * 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,b\n1234567890123456789,2\n1234567890123456788,4\n", "lose their last digits"),
        ("a,b\n007,2\n7,4\n", "looks like a code"),
        ("a,b\n20240131,2\n20240201,4\n", "though 20240131 looks like a date: 2024-01-31 would"),
        ("a,b\n5,1\n-999,2\n7,4\n", "-999 stands in 1 row, far from all others (5 to 7)"),
        ("a,b\n5,1\n9999,2\n9999,3\n7,4\n", "9999 stands in 2 rows, far from all others"),
        (f"a,b\n{SLIP}90000,3\n", "90000 stands in 1 row, far from all others (0 to 3): if it is"),
        ("a,b\n5,1\n6,-999\n7,4\n", "`b`: -999 stands in 1 row, far from all others (1 to 4)"),
        ("a,b\n5 kg,1\n6 kg,2\n", "`a` is text: one input for each of 5 kg, 6 kg"),
        ("a,b\n12:30,1\n13:45,2\n", "`a` is text: one input for each of 12:30, 13:45"),
        ("a,b\n1e-400,2\n1,4\n", "too small for a float are read as 0"),
        ("a,c,b\n1,5,2\n3,5,4\n", "`c` is 5 in every row"),
        ("a,c,b\n1,1,2\n3,3,4\n5,5,7\n", "`a`, `c` are the same in every row"),
        ("a;b\n1.234;2\n2.345;4\n", "is read with a decimal point"),
        ("a;b\n1,5;2\n", "numbers are written with a decimal comma: 1,5 is read as 1.5"),
        ("a,b\n2.1.2024,2\n3.1.2024,4\n", "`a` is a date (2.1.2024 is 2024-01-02): year, month"),
    ],
)
def test_what_may_be_a_mistake_is_told(write, content, words):
    """What is read as it stands, but may not be what was meant, has a note."""
    assert any(words in note for note in read_csv(write(content), "b").notes)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["9007199254740992", "9007199254740993", "5"], ["5", "9007199254740992", "9007199254740993"]),  # noqa: E501
        (["007", "07", "7"], ["007", "07", "7"]),
        (["1.0", "1", "2"], ["1", "2"]),
        (["10", "9", "1"], ["1", "9", "10"]),
        (["0.1", "0.10000000000000001", "3"], ["0.1", "0.10000000000000001", "3"]),
    ],
)  # fmt: skip
def test_labels_are_neither_merged_nor_split(write, labels, classes):
    """By all their digits, and as numbers where they are numbers."""
    file = write("a,b\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels)))
    assert read_csv(file, "b", classes=True).classes == classes
