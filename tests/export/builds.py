"""Exports that are compiled and run."""

import shutil
import subprocess

import pytest

#: What all C has to pass.
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
#: Compilers with what they are told; C++ too.
COMPILERS = {
    "gcc": ("gcc", "-std=c99", *SANITIZED),
    "clang": ("clang", "-std=c99"),
    "g++": ("g++", "-x", "c++", "-std=c++11"),
    "clang++": ("clang++", "-x", "c++", "-std=c++11"),
}


def run(*command):
    """A command; its failure shows all that it said."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def needs(*tools):
    """Skip the test where one of these is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def self_tested(source, prefix, compiler="gcc", *options):
    """What the self-test of C code says, once a compiler has taken it without a warning."""
    name, *flags = COMPILERS[compiler]
    needs(name)
    program = source.with_suffix(f".{compiler}")
    test = f"-D{prefix.upper()}_SELF_TEST"
    run(name, *flags, *STRICT, *(options or ["-Os"]), test, source, "-o", program, "-lm")
    return run(program)
