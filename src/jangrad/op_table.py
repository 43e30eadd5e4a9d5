"""THE TABLE: every operation's value, local partials, domain, kinks, notation and source, once.

Everything else reads it: `engine.py` (its operators are printed from it by
`tools/generate_engine.py`), second derivatives, the explanations, the compiler, the exports and
the tests. Rules are written in the language of `rules.py`.

To add an operation: add a row, run `python tools/generate_engine.py`; the tests name whatever is
still missing.
"""

from __future__ import annotations

from jangrad.op_row import ADDITIVE, MULTIPLICATIVE, POWER, PREFIX, Kink, Op
from jangrad.op_row import function as _function
from jangrad.op_row import pair as _pair

_POSITIVE = ((0.1, 4.0),)
_OPEN = ((-0.9, 0.9),)  # in the domain of what needs |x| < 1
_WHOLE = Kink("x - floor(x + 0.5)", ("0",), jump=True)  # the integers
_ELU = "Clevert et al., Fast and Accurate Deep Network Learning by ELUs (2016)"
_GELU = "Hendrycks and Gimpel, Gaussian Error Linear Units (2016)"
_SELU = "Klambauer et al., Self-Normalizing Neural Networks (2017)"
_RELU = "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010)"

ROWS = (
    # -- arithmetic ------------------------------------------------------------------------------
    Op("add", "a + b", ("1", "1"), "+", "{a} + {b}", "{a} + {b}", ADDITIVE),
    Op("mul", "a * b", ("b", "a"), "*", "{a} * {b}", r"{a} \cdot {b}", MULTIPLICATIVE),
    Op("sub", "a - b", ("1", "-1"), "-", "{a} - {b}", "{a} - {b}", ADDITIVE, MULTIPLICATIVE),
    Op(
        "div",
        "a / b",
        ("1 / b", "-y / b"),
        "/",
        "{a} / {b}",
        r"\frac{{{a}}}{{{b}}}",
        MULTIPLICATIVE,
        PREFIX,
        domain="b != 0",
        safe=((-3.0, 3.0), (0.3, 3.0)),
    ),
    Op(
        "mod",
        "a % b",
        # The quotient that was taken; `floor(a / b)` is another where a / b rounds to an integer.
        ("1", "-floor((a - y) / b + 0.5)"),
        "%",
        "{a} % {b}",
        r"{a} \bmod {b}",
        MULTIPLICATIVE,
        PREFIX,
        domain="b != 0",
        safe=((-3.0, 3.0), (0.3, 3.0)),
        kinks=(Kink("a / b - floor(a / b + 0.5)", ("1", "-floor((a - y) / b + 0.5)"), jump=True),),
        source="Python; PyTorch, torch.remainder",
    ),
    Op("neg", "-x", ("-1",), "neg", "-{x}", "-{x}", PREFIX, activation=False),
    Op(
        "pow",
        "a ** b",
        # The tests keep 0 * inf out.
        ("0 if b == 0 else b * a ** (b - 1)", "0 if a == 0 and b >= 0 else y * log(a)"),
        "**",
        "{a} ** {b}",
        "{{{a}}}^{{{b}}}",
        POWER,
        PREFIX,
        domain="a > 0",
        safe=((0.2, 3.0), (-2.0, 2.0)),
        # A partial that was 0 wherever b or a is would hide the mixed second derivative, 1 / a at
        # b = 0 and -inf at a = 0 and b = 1. In single precision 1e-300 is 0.
        again=(
            "b * raised(a, b - 1) if b != 0 or abs(a) >= 1e-300 and a != 0 else 0",
            "0 if a == 0 and b == 0 else power_log(a, b)",
        ),
        guard="_check_power",
    ),
    # Both close under differentiation, with their limits at a = 0.
    _pair(
        "raised",
        "a ** b",
        "b * raised(a, b - 1) if b != 0 or abs(a) >= 1e-300 and a != 0 else 0",
        "power_log(a, b)",
        latex="{{{a}}}^{{{b}}}",
        level=POWER,
        domain="a > 0",
        safe=((0.2, 3.0), (-2.0, 2.0)),
    ),
    _pair(
        "power_log",
        "0 if a == 0 and b > 0 else a ** b * log(a)",
        "b * power_log(a, b - 1) + raised(a, b - 1)",
        "power_log(a, b / 2) * power_log(a, b / 2)",
        latex=r"{a}^{{{b}}} \ln\left({a}\right)",
        domain="a > 0",
        safe=((0.2, 3.0), (-2.0, 2.0)),
    ),
    # -- choosing --------------------------------------------------------------------------------
    _function(
        "abs",
        "abs(x)",
        "1 if x > 0 else (-1 if x < 0 else 0)",
        latex=r"\left|{x}\right|",
        kinks=(Kink("x", ("0",)),),
        native=True,
    ),
    _pair(
        "minimum",
        "a if a < b else (b if b <= a else a + b)",
        "1 if a < b else (0 if b < a else 0.5)",
        "1 if b < a else (0 if a < b else 0.5)",
        latex=r"\min\left({a}, {b}\right)",
        kinks=(Kink("a - b", ("0.5", "0.5")),),
    ),
    _pair(
        "maximum",
        "a if a > b else (b if b >= a else a + b)",
        "1 if a > b else (0 if b > a else 0.5)",
        "1 if b > a else (0 if a > b else 0.5)",
        latex=r"\max\left({a}, {b}\right)",
        kinks=(Kink("a - b", ("0.5", "0.5")),),
    ),
    # clamp(x, lo, hi) is at_most(at_least(x, lo), hi): at a bound the gradient still passes.
    _pair(
        "at_least",
        "b if a < b else (a if a >= b else a + b)",
        "0 if a < b else 1",
        "1 if a < b else 0",
        latex=r"\max\left({a}, {b}\right)",
        kinks=(Kink("a - b", ("1", "0")),),
    ),
    _pair(
        "at_most",
        "b if a > b else (a if a <= b else a + b)",
        "0 if a > b else 1",
        "1 if a > b else 0",
        latex=r"\min\left({a}, {b}\right)",
        kinks=(Kink("a - b", ("1", "0")),),
    ),
    _function(
        "sign",
        "1 if x > 0 else (-1 if x < 0 else x)",
        "0",
        latex=r"\operatorname{{sgn}}\left({x}\right)",
        kinks=(Kink("x", ("0",), jump=True),),
        activation=False,
    ),
    _function(
        "floor",
        "floor(x)",
        "0",
        latex=r"\left\lfloor {x} \right\rfloor",
        kinks=(_WHOLE,),
        native=True,
        activation=False,
    ),
    _function(
        "ceil",
        "ceil(x)",
        "0",
        latex=r"\left\lceil {x} \right\rceil",
        kinks=(_WHOLE,),
        native=True,
        activation=False,
    ),
    # where(condition, a, b): the condition was True, or it was False.
    Op(
        "where_true",
        "a",
        ("1", "0"),
        "where",
        "where(True, {a}, {b})",
        r"\operatorname{{where}}\left(\top, {a}, {b}\right)",
    ),
    Op(
        "where_false",
        "b",
        ("0", "1"),
        "where",
        "where(False, {a}, {b})",
        r"\operatorname{{where}}\left(\bot, {a}, {b}\right)",
    ),
    # -- exponentials and logarithms -------------------------------------------------------------
    _function("exp", "exp(x)", "y", latex="e^{{{x}}}", level=POWER, native=True),
    _function("expm1", "expm1(x)", "y + 1", native=True),
    _function("exp2", "exp2(x)", "y * ln_2", latex="2^{{{x}}}", level=POWER, native=True),
    _function(
        "log",
        "log(x)",
        "1 / x",
        latex=r"\ln\left({x}\right)",
        domain="x > 0",
        safe=_POSITIVE,
        native=True,
    ),
    _function(
        "log1p", "log1p(x)", "1 / (1 + x)", domain="x > -1", safe=((-0.8, 4.0),), native=True
    ),
    *(
        _function(
            f"log{base}",
            f"log{base}(x)",
            f"1 / (x * ln_{base})",
            latex=rf"\log_{{{{{base}}}}}\left({{x}}\right)",
            domain="x > 0",
            safe=_POSITIVE,
            native=True,
        )
        for base in (2, 10)
    ),
    # Without the test inf - inf would be nan.
    _pair(
        "logaddexp",
        "maximum(a, b) + softplus(-abs(minus(a, b)))",
        "sigmoid(minus(a, b))",
        "sigmoid(minus(b, a))",
        latex=r"\ln\left(e^{{{a}}} + e^{{{b}}}\right)",
        source="NumPy, numpy.logaddexp",
    ),
    # Its limits are those of SciPy and PyTorch.
    _pair(
        "xlogy",
        "0 if a == 0 and b == b else a * log(b)",
        "0 if a == 0 and b <= 0 else log(b)",
        "0 if a == 0 and b == 0 else a / b",
        latex=r"{a} \ln\left({b}\right)",
        domain="b > 0",
        safe=((-3.0, 3.0), (0.1, 4.0)),
        source="SciPy, scipy.special.xlogy",
    ),
    _pair(
        "rel_entr",
        "0 if a == 0 and b >= 0 else a * (log(a) - log(b))",
        # At a = 0 it is 0 by choice, but its slope by b is -1 / b as beside it.
        "0 if a == 0 and (b == 0 or 1 / b == 0) else (shift(b) - b) / b if a == 0 and b > 0 else"
        " log(a) - log(b) + 1",
        "0 if a == 0 and b == 0 else -a / b",
        latex=r"{a} \ln\frac{{{a}}}{{{b}}}",
        domain="a > 0 and b > 0",
        safe=((0.1, 4.0), (0.1, 4.0)),
        source="SciPy, scipy.special.rel_entr",
    ),
    _function(
        "sqrt",
        "sqrt(x)",
        "0.5 / y",
        latex=r"\sqrt{{{x}}}",
        domain="x > 0",
        safe=_POSITIVE,
        native=True,
    ),
    _function(
        "cbrt",
        "cbrt(x)",
        "1 / (3 * y * y)",
        latex=r"\sqrt[3]{{{x}}}",
        domain="x != 0",
        safe=_POSITIVE,
        native=True,
    ),
    # The squares of the parts may overflow, or vanish. Of an infinite one the half is one more than
    # it: then the other may be nan (IEEE 754).
    _pair(
        "hypot",
        "abs(a) * sqrt(1 + (b / a) * (b / a)) if abs(a) > abs(b) else"
        " (abs(b) * sqrt(1 + (a / b) * (a / b)) if abs(b) > abs(a) else"
        " (abs(a) if 0.5 * abs(a) == abs(a) + 1 else"
        " (abs(b) if 0.5 * abs(b) == abs(b) + 1 else"
        " abs(a) * sqrt_half + abs(b) * sqrt_half)))",
        "a / y",
        "b / y",
        latex=r"\sqrt{{{a}^{{2}} + {b}^{{2}}}}",
        domain="a != 0 or b != 0",
        safe=((0.3, 3.0), (-3.0, 3.0)),
    ),
    # -- circular and hyperbolic functions -------------------------------------------------------
    _function("sin", "sin(x)", "cos(x)", latex=r"\sin\left({x}\right)", native=True),
    _function("cos", "cos(x)", "-sin(x)", latex=r"\cos\left({x}\right)", native=True),
    _function(
        "tan",
        "tan(x)",
        "1 + y * y",
        latex=r"\tan\left({x}\right)",
        safe=((-1.3, 1.3),),
        native=True,
        activation=False,
    ),
    _function(
        "asin",
        "asin(x)",
        "1 / sqrt((1 - x) * (1 + x))",
        latex=r"\arcsin\left({x}\right)",
        domain="x > -1 and x < 1",
        safe=_OPEN,
        native=True,
    ),
    _function(
        "acos",
        "acos(x)",
        "-1 / sqrt((1 - x) * (1 + x))",
        latex=r"\arccos\left({x}\right)",
        domain="x > -1 and x < 1",
        safe=_OPEN,
        native=True,
    ),
    _function("atan", "atan(x)", "1 / (1 + x * x)", latex=r"\arctan\left({x}\right)", native=True),
    _function("tanh", "tanh(x)", "1 - y * y", latex=r"\tanh\left({x}\right)", native=True),
    # The angle of the point (x, y): its inputs are y and x, in this order, as in C.
    _pair(
        "atan2",
        "atan2(a, b)",
        # As b / (a² + b²) and -a / (a² + b²), whose squares may be too large or too small.
        "b / a / (1 + (b / a) * (b / a)) / a if abs(a) > abs(b) else"
        " 1 / (1 + (a / b) * (a / b)) / b",
        "-1 / (1 + (b / a) * (b / a)) / a if abs(a) > abs(b) else"
        " -(a / b) / (1 + (a / b) * (a / b)) / b",
        domain="a != 0 or b != 0",
        safe=((0.3, 3.0), (-3.0, 3.0)),
        names=("y", "x"),
        native=True,
    ),
    _function("sinh", "sinh(x)", "cosh(x)", latex=r"\sinh\left({x}\right)", native=True),
    _function("cosh", "cosh(x)", "sinh(x)", latex=r"\cosh\left({x}\right)", native=True),
    _function("asinh", "asinh(x)", "1 / hypot(x, 1)", native=True),
    _function(
        "acosh",
        "acosh(x)",
        "1 / (sqrt(x - 1) * sqrt(x + 1))",
        domain="x > 1",
        safe=((1.2, 4.0),),
        native=True,
    ),
    _function(
        "atanh",
        "atanh(x)",
        "1 / ((1 - x) * (1 + x))",
        domain="x > -1 and x < 1",
        safe=_OPEN,
        native=True,
    ),
    # -- probabilities ---------------------------------------------------------------------------
    _function(
        "sigmoid",
        "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))",
        "y * (1 - y)",
        latex=r"\sigma\left({x}\right)",
        source="Cox, The Regression Analysis of Binary Sequences (1958)",
        native=True,
    ),
    _function(
        "softplus",
        "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))",
        "sigmoid(x)",
        source="Dugas et al., Incorporating Second-Order Functional Knowledge (2001)",
        native=True,
    ),
    _function(
        "logsigmoid",
        "-softplus(-x)",
        "sigmoid(-x)",
        latex=r"\ln\sigma\left({x}\right)",
        native=True,
    ),
    _function("erf", "erf(x)", "two_over_sqrt_pi * exp(-(x * x))", native=True),
    _function("erfc", "erfc(x)", "-two_over_sqrt_pi * exp(-(x * x))", native=True),
    # -- the rectifier family --------------------------------------------------------------------
    _function(
        "relu",
        "0 if x <= 0 else x",
        "0 if y <= 0 else 1",  # so that nobody needs x for it
        symbol="ReLU",
        kinks=(Kink("x", ("0",)),),
        source=_RELU,
    ),
    _pair(
        "leaky_relu",
        "a if a > 0 else b * a",
        "1 if a > 0 else b",
        "0 if a > 0 else a",
        kinks=(Kink("a", ("b", "0")),),
        names=("x", "slope"),
        default=0.01,
        source="Maas et al. (2013); with a learned slope: He et al., Delving Deep (2015)",
    ),
    _function(
        "relu6",
        "0 if x <= 0 else (6 if x >= 6 else x)",
        "0 if x <= 0 or x >= 6 else 1",
        kinks=(Kink("x", ("0",)), Kink("x - 6", ("0",))),
        source="Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010)",
    ),
    _pair(
        "elu",
        "a if a > 0 else b * expm1(a)",
        "1 if a > 0 else b * exp(a)",
        "0 if a > 0 else expm1(a)",
        kinks=(Kink("a", ("b", "0")),),
        names=("x", "alpha"),
        default=1.0,
        source=_ELU,
    ),
    _function(
        "selu",
        "selu_scale * x if x > 0 else selu_scale * selu_alpha * expm1(x)",
        "selu_scale if x > 0 else selu_scale * selu_alpha * exp(x)",
        kinks=(Kink("x", ("selu_scale * selu_alpha",)),),
        source=_SELU,
    ),
    # erfc keeps the digits that 1 + erf(x) loses for negative x.
    _function(
        "gelu",
        "0.5 * x * erfc(-x * sqrt_half)",
        "0.5 * erfc(-x * sqrt_half) + x * inv_sqrt_2pi * exp(-0.5 * x * x)",
        source=_GELU,
        native=True,
    ),
    # 0.5 * (1 + tanh(u)) is sigmoid(2 * u), which keeps the digits that 1 + tanh(u) loses for
    # negative u. Beyond |x| = 25 it is exactly 0 or 1; the test keeps 0 * inf out of the last term.
    _function(
        "gelu_tanh",
        "x * sigmoid(2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x))",
        "(1 if x > 25 else 0) if x > 25 or x < -25 else"
        " sigmoid(2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x))"
        " + y * sigmoid(-2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x))"
        " * 2 * sqrt_2_over_pi * (1 + 0.134145 * x * x)",
        source=_GELU,
        native=True,
    ),
    _function(
        "silu",
        "x * sigmoid(x)",
        "sigmoid(x) + y * sigmoid(-x)",
        source="Elfwing et al., Sigmoid-Weighted Linear Units (2018); also called swish",
        native=True,
    ),
    # -- what a trace is made of beside the above: tests as the numbers 1 and 0 ------------------
    # where(test, u, v) is side(test, u) + side(equal(test, 0), v) while `jangrad.jit` traces; the
    # side that is not chosen is -0, the one number that changes nothing it is added to: 0 would
    # take the sign of a -0. A `gate` lets a gradient pass, or is 0.
    _pair("less", "1 if a < b else 0", "0", "0", kinks=(Kink("a - b", ("0", "0"), jump=True),)),
    _pair(
        "less_equal", "1 if a <= b else 0", "0", "0", kinks=(Kink("a - b", ("0", "0"), jump=True),)
    ),
    _pair("equal", "1 if a == b else 0", "0", "0", kinks=(Kink("a - b", ("0", "0"), jump=True),)),
    _pair(
        "gate",
        "0 if a == 0 else b",
        "0",
        "0 if a == 0 else 1",
        kinks=(Kink("a", ("0", "0"), jump=True),),
    ),
    _pair(
        "side",
        "-0.0 if a == 0 else b",
        "0",
        "0 if a == 0 else 1",
        kinks=(Kink("a", ("0", "0"), jump=True),),
    ),
    _function("stop_gradient", "x", "0", activation=False),
    # The largest of numbers, taken out of them before they are exponents: it is a constant, and
    # nothing depends on it when one of them is nan, for then the sum of the powers is.
    _function("shift", "x", "0", activation=False),
    _pair("minus", "0 if a == b else a - b", "1", "-1"),
    # A column of a table while it is traced is the sum of `scatter(item, place)`, and what an
    # integer picks of it is `gather(column, integer)`. Columns are no numbers and nothing is
    # computed before a call brings some, so both are 0; each is the gradient of the other
    # (`derivatives.py`).
    _pair("gather", "0", "0", "0"),
    _pair("scatter", "0", "0", "0"),
)

#: What users reach through `where`, comparisons and `detach`, not by these names.
INNER = frozenset(
    {
        "raised",
        "power_log",
        "where_true",
        "where_false",
        "less",
        "less_equal",
        "equal",
        "gate",
        "side",
        "stop_gradient",
        "shift",
        "minus",
        "gather",
        "scatter",
    }
)
