"""C and JavaScript leave out no arithmetic that changes a bit, but the addition of a zero."""

import json

from tests.compiler.identities import IDENTITIES, NUMBERS, expected, shown
from tests.export.builds import STRICT, needs, run
from tests.export.test_javascript import in_node, numbers

from jangrad.export import to_c, to_javascript

# A sum of two like terms is a loop there, which begins with 0.
IN_LOOPS = {("x + x", "-0.0"): 0.0}


def right(x):
    names = zip(IDENTITIES, expected(x), strict=True)
    return [IN_LOOPS.get((name, repr(x)), value) for name, value in names]


def every(x):
    return [f(x) for f in IDENTITIES.values()]


def by_name(found):
    return dict(zip(IDENTITIES, shown(found), strict=True))


def test_c(tmp_path):
    """Not with `-O3` either."""
    needs("gcc")
    to_c(every, tmp_path / "every", (1.5,))
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include <stdlib.h>\n#include "every.h"\n'
        "int main(int count, char **given)\n{\n"
        f"    double y[{len(IDENTITIES)}];\n"
        "    for (int k = 1; k < count; ++k) {\n"
        "        every_value(strtod(given[k], NULL), y);\n"
        f"        for (int i = 0; i < {len(IDENTITIES)}; ++i)\n"
        '            printf("%a ", y[i]);\n'
        "    }\n    return 0;\n}\n"
    )
    sources = [tmp_path / "every.c", tmp_path / "main.c"]
    run("gcc", "-std=c99", "-O3", *STRICT, *sources, "-o", tmp_path / "main", "-lm")
    printed = run(tmp_path / "main", *map(float.hex, NUMBERS)).split()
    found = [float.fromhex(x.replace("-nan", "nan")) for x in printed]
    width = len(IDENTITIES)
    for k, x in enumerate(NUMBERS):
        assert by_name(found[k * width : (k + 1) * width]) == by_name(right(x)), x


def test_javascript(tmp_path):
    to_javascript(every, tmp_path / "every.mjs", (1.5,))
    given = ", ".join(json.dumps(x) for x in NUMBERS)
    code = "import { value } from './every.mjs';\n"
    code += f"const found = [{given}].map((x) => Array.from(value(x)));"
    for x, found in zip(NUMBERS, in_node(tmp_path, code), strict=True):
        assert by_name(numbers(found)) == by_name(right(x)), x
