"""The cache of object files: found again, never trusted blindly, never in the way."""

import os
import stat

import pytest

from jangrad.compiler.run import cache


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(*answers):
    """A maker that gives these answers in turn, and fails when asked once more."""
    rest = list(answers)
    return lambda: rest.pop(0)


def test_what_was_made_is_found_again(place):
    """The second time nothing is made; another source is another entry."""
    assert cache.cached(["a", "cpu"], made(b"code")) == b"code"
    assert cache.cached(["a", "cpu"], made()) == b"code"
    assert cache.cached(["a", "other cpu"], made(b"more")) == b"more"
    assert len(list(place.iterdir())) == 2
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:5], lambda b: b"", lambda b: b + b"x"]
)
def test_a_damaged_entry_is_made_anew(place, damage):
    """Cut short, emptied or longer: noticed, and mended."""
    cache.cached(["a"], made(b"code"))
    (entry,) = place.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.cached(["a"], made(b"again")) == b"again"
    assert cache.cached(["a"], made()) == b"again"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of POSIX")
def test_a_folder_that_others_may_write_is_not_used(place):
    """Code that somebody else could have put there is never run."""
    place.mkdir()
    place.chmod(0o777)
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert list(place.iterdir()) == []
    assert cache.cached(["a"], made(b"new")) == b"new"


def test_it_can_be_turned_off(place, monkeypatch):
    """With JANGRAD_CACHE=0 nothing is kept."""
    monkeypatch.setenv("JANGRAD_CACHE", "0")
    assert cache.folder() is None
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert not place.exists()


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "file"))
    assert cache.cached(["a"], made(b"code")) == b"code"


def test_its_size_is_bounded(place, monkeypatch):
    """The entries that were used the longest ago make room."""
    monkeypatch.setattr(cache, "LIMIT", 200)
    for i in range(4):
        cache.cached([str(i)], made(bytes(50)))
        for age, entry in enumerate(sorted(place.iterdir(), key=lambda e: e.stat().st_mtime)):
            os.utime(entry, (age, age))
    assert sum(e.stat().st_size for e in place.iterdir()) <= 200
    assert cache.cached(["3"], made()) == bytes(50)
    assert cache.cached(["0"], made(b"made anew")) == b"made anew"
