"""A sensor on a micro-controller: from the number of its converter to degrees, in integers.

A thermistor is far from linear. A small network learns its curve, and is written as C that needs
neither floating-point numbers nor a library. Where there is gcc, it is compiled and tests itself.

It prints:

    -10 to 80 degrees: at most 0.11 off, in double precision
    integers of 16 bits: at most 0.08 away from that
    about 350 bytes of constants, 0 of memory
"""

import math
import shutil
import subprocess

from jangrad import MLP, fit
from jangrad.export import to_c


def reading(degrees: float) -> float:
    """The share of the supply at a divider of 10 kOhm and an NTC of 10 kOhm with B = 3950 K."""
    resistance = 10_000 * math.exp(3950 * (1 / (degrees + 273.15) - 1 / 298.15))
    return resistance / (resistance + 10_000)


def main() -> None:
    """Learn the curve, write it as C in integers, and try it."""
    degrees = [-10 + 0.5 * k for k in range(181)]
    X = [[2 * reading(t) - 1] for t in degrees]  # about -1 .. 1
    y = [t / 40 - 1 for t in degrees]
    net = MLP(1, [6, 1], "tanh", seed=0)
    fit(net, X, y, optimizer="levenberg_marquardt", steps=100, progress=False)
    off = max(abs(40 * (out - t)) for [out], t in zip(net.predict(X), y, strict=True))
    print(f"-10 to 80 degrees: at most {off:.2f} off, in double precision")

    files = to_c(net, "thermistor", dtype="q15", rows=X, self_test=True)
    print(f"integers of 16 bits: at most {40 * files.fixed_point.worst:.2f} away from that")
    print(f"about {round(files.flash, -1)} bytes of constants, {files.ram} of memory")
    if shutil.which("gcc"):
        command = ["gcc", "-std=c99", "-Os", "-DTHERMISTOR_SELF_TEST", "thermistor.c", "-o", "test"]
        subprocess.run(command, check=True)
        subprocess.run(["./test"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
