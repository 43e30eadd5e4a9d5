"""Compiles the engine and the walks of the compiler; all else about the package: pyproject.toml.

Without Cython or a C compiler, or with JANGRAD_PURE=1, the package is installed all the same and
runs the same files as plain Python; `jangrad --version` says so, for pip hides what is printed.
"""

import os

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

PURE = os.environ.get("JANGRAD_PURE") == "1"
# The engine, and what shares its types.
ENGINE = ("watching", "engine", "tape", "copies")


class BuildIfPossible(build_ext):
    """Goes on without the extension where it cannot be built."""

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:
            self._go_on(error)

    def build_extension(self, extension: Extension) -> None:
        try:
            super().build_extension(extension)
        except Exception as error:
            self._go_on(error)

    def _go_on(self, error: Exception) -> None:
        if os.environ.get("JANGRAD_REQUIRE_NATIVE") == "1":
            raise error
        print(f"jangrad: the engine stays plain Python, for it cannot be compiled: {error}")


class TaggedAsItIs(bdist_wheel):
    """A wheel without extensions is for any platform, also where they could not be built."""

    def run(self) -> None:
        self.run_command("build")
        build = self.get_finalized_command("build_ext")
        if not any(os.path.exists(build.get_ext_fullpath(e.name)) for e in build.extensions or []):
            self.distribution.ext_modules = []
            self.root_is_pure = True
        super().run()


def extensions() -> list[Extension]:
    """The engine and the walks as C, or nothing."""
    if PURE:
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    windows = os.name == "nt"
    # Plain and compiled engine give the same bits, so a * b + c is never contracted.
    exact = [] if windows else ["-O3", "-ffp-contract=off", "-fno-math-errno"]
    quick = [] if windows else ["-O2"]
    headers = ["src/jangrad/nodes.h", *(f"src/jangrad/{name}.pxd" for name in ENGINE)]
    engine = [
        Extension(
            f"jangrad.{name}",
            [f"src/jangrad/{name}.py"],
            include_dirs=["src/jangrad"],
            depends=headers,
            define_macros=[("JANGRAD_ENGINE", None)] if name == "engine" else [],
            extra_compile_args=exact,
        )
        for name in ENGINE
    ]
    walks = [
        Extension(
            f"jangrad.{name.replace('/', '.')}",
            [f"src/jangrad/{name}.py"],
            depends=[f"src/jangrad/{name}.pxd"],
            extra_compile_args=quick,
        )
        for name in ("guards/compare", "compiler/program/sweeps", "compiler/program/adjoints")
    ]
    found: list[Extension] = cythonize(
        [*engine, *walks],
        compiler_directives={
            "language_level": 3,
            "cdivision": True,
            "cpow": True,
            "boundscheck": False,
            # Methods look at the type of `self`: `Value.tanh(3.0)` is a TypeError, not a crash.
            "binding": False,
            "embedsignature": True,
            "embedsignature.format": "clinic",
        },
    )
    return found


setup(
    ext_modules=extensions(), cmdclass={"build_ext": BuildIfPossible, "bdist_wheel": TaggedAsItIs}
)
