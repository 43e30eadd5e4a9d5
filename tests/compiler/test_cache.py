"""The cache of object files: found again, never trusted blindly, never in the way of anything."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import threading
import time

import pytest

from jangrad.compiler.run import cache

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of POSIX")


@pytest.fixture
def named(tmp_path, monkeypatch):
    """The folder that is named: an empty one, for the cache's own."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "named"))
    return tmp_path / "named"


@pytest.fixture
def place(named):
    """Where the entries will lie."""
    return named / cache.FOLDER


@pytest.fixture(params=["by handle", "by path"])
def either_way(request, monkeypatch):
    """Through a handle of the folder, and as where there is no such thing."""
    if request.param == "by path":
        monkeypatch.setattr(cache, "_BY_HANDLE", False)


def made(*answers):
    """A maker that gives these answers in turn, and fails when asked once more."""
    rest = list(answers)
    return lambda: rest.pop(0)


def everything(folder):
    """What lies in a folder, with what each file holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.usefixtures("either_way")
def test_what_was_made_is_found_again(place):
    """The second time nothing is made; another source is another entry."""
    assert cache.cached(["a", "cpu"], made(b"code")) == b"code"
    assert cache.cached(["a", "cpu"], made()) == b"code"
    assert cache.cached(["a", "other cpu"], made(b"more")) == b"more"
    assert len(list(place.iterdir())) == 2
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-1],
        lambda b: b[:-5] + b"x" + b[-4:],
        lambda b: b[:60],
        lambda b: b[:5],
        lambda b: b"",
        lambda b: b + b"x",
    ],
)
def test_a_damaged_entry_is_made_anew(place, damage):
    """Cut short, changed, emptied or longer: noticed, and mended."""
    cache.cached(["a"], made(b"code"))
    (entry,) = place.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.cached(["a"], made(b"again")) == b"again"
    assert cache.cached(["a"], made()) == b"again"


@pytest.mark.usefixtures("either_way")
def test_an_entry_under_the_name_of_another_is_made_anew(place):
    cache.cached(["a"], made(b"code of a"))
    cache.cached(["b"], made(b"code of b"))
    one, other = place.iterdir()
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)
    assert cache.cached(["a"], made(b"code of a")) == b"code of a"
    assert cache.cached(["b"], made(b"code of b")) == b"code of b"


@pytest.mark.usefixtures("either_way")
def test_files_of_the_user_stay(named, place, monkeypatch):
    """In the folder that is named, and even in jangrad's own: none is replaced, deleted or read."""
    monkeypatch.setattr(cache, "LIMIT", 1000)
    cache.cached(["a"], made(b"code"))
    (entry,) = place.iterdir()
    foreign = entry.name
    for path in [named / "thesis.txt", named / foreign, place / "notes", place / ("b" * 64)]:
        path.write_bytes(b"mine " * 400)
        os.utime(path, (0, 0))
    shutil.copy(named / foreign, place / f"0{foreign[1:]}")
    shutil.copy(named / foreign, entry)  # where an entry was, and will be looked for
    (place / "folder.jangrad").mkdir()
    before = everything(named)
    for i in range(30):
        assert cache.cached(["a"], made(b"again")) == b"again"
        cache.cached([str(i)], made(bytes(100)))
    assert before.items() <= everything(named).items()
    assert len(list(place.iterdir())) < 20


@posix
@pytest.mark.usefixtures("either_way")
def test_a_folder_that_others_may_write_is_not_used(place):
    """Code that somebody else could have put there is never run."""
    place.mkdir(parents=True)
    place.chmod(0o777)
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert list(place.iterdir()) == []
    assert cache.cached(["a"], made(b"new")) == b"new"


@posix
@pytest.mark.usefixtures("either_way")
def test_an_entry_that_others_may_write_is_not_used(place):
    """Nor an entry that was opened to them."""
    cache.cached(["a"], made(b"code"))
    (entry,) = place.iterdir()
    entry.chmod(0o666)
    assert cache.cached(["a"], made(b"new")) == b"new"


@posix
@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("whose", ["folder", "entry"])
def test_links_are_not_followed(tmp_path, place, whose):
    """Neither the folder nor an entry may be a link to what lies elsewhere."""
    cache.cached(["a"], made(b"code"))
    linked = place if whose == "folder" else next(place.iterdir())
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path)
    assert cache.cached(["a"], made(b"new")) == b"new"
    assert everything(tmp_path) == before


@posix
def test_a_pipe_in_the_place_of_an_entry_is_not_waited_for(place):
    """It is no entry, and stays."""
    cache.cached(["a"], made(b"code"))
    (entry,) = place.iterdir()
    entry.unlink()
    os.mkfifo(entry)
    assert cache.cached(["a"], made(b"new")) == b"new"
    assert entry.is_fifo()


ATTACK = """
import ctypes, os, sys
libc, at = ctypes.CDLL(None, use_errno=True), -100
while True:  # exchanges the two folders, without a moment in which there is none
    libc.renameat2(at, sys.argv[1].encode(), at, sys.argv[2].encode(), 2)
"""


@posix
@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs two users")
def test_a_folder_that_is_swapped_is_never_believed(tmp_path, monkeypatch):
    """Whoever owns a folder above puts another in the place of ours, all the time: none is read."""
    base = tmp_path / "base"
    monkeypatch.setenv("JANGRAD_CACHE", str(base))
    assert cache.cached(["a"], made(b"ours")) == b"ours"
    ours, theirs = base / cache.FOLDER, base / "theirs"
    shutil.copytree(ours, theirs)
    for entry in theirs.iterdir():  # an entry without fault, but for its owner
        entry.write_bytes(cache.HEAD + cache._digest(b"evil", entry.name) + b"evil")
    for path in (theirs, *theirs.iterdir()):
        os.chown(path, 65534, 65534)
    monkeypatch.setattr(cache, "_may_make_in", lambda base: True)
    attack = subprocess.Popen([sys.executable, "-c", ATTACK, str(ours), str(theirs)])
    try:
        found = {cache.cached(["a"], lambda: b"anew") for _ in range(3000)}
    finally:
        attack.kill()
        attack.wait()
    assert found == {b"ours", b"anew"}


@posix
def test_a_swap_between_look_and_use_changes_nothing(named, place, monkeypatch):
    """What is read, written and deleted lies in the folder that was looked at."""
    cache.cached(["a"], made(b"ours"))
    folder = cache.opened()
    (entry,) = place.iterdir()
    place.rename(named / "moved")
    place.mkdir()
    evil = cache.HEAD + cache._digest(b"evil", entry.name) + b"evil"
    (place / entry.name).write_bytes(evil)
    before = everything(place)
    with folder:
        assert folder.read(entry.name) == b"ours"
        folder.write("b" * 64 + cache.ENDING, b"more")
        monkeypatch.setattr(cache, "LIMIT", 10)
        folder._make_room()
    assert everything(place) == before
    assert list((named / "moved").iterdir()) == []


@posix
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs another user")
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_left_in_the_home_of_another(tmp_path, monkeypatch, there):
    """Root with the home folder of a user leaves no folder there that the user cannot use."""
    home = tmp_path / "home"
    (home / ".cache").mkdir(parents=True) if there else home.mkdir()
    for path in (home, *home.iterdir()):
        os.chown(path, 65534, 65534)
    monkeypatch.setenv("JANGRAD_CACHE", str(home / ".cache"))
    before = everything(home)
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert everything(home) == before


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """Also where no shell has put it there, as in what a file of settings says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("JANGRAD_CACHE", "~/kept")
    cache.cached(["a"], made(b"code"))
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert (tmp_path / "home" / "kept" / cache.FOLDER).is_dir()


@pytest.mark.parametrize("word", ["0", "off", "no", "false", "OFF", "False", " no "])
def test_it_can_be_turned_off(tmp_path, monkeypatch, word):
    """With JANGRAD_CACHE=0, or a word for it, nothing is kept, and no folder is called that."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("JANGRAD_CACHE", word)
    assert cache.opened() is None
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="another usual place")
@pytest.mark.parametrize("word", ["", "1", "on", "yes", "true", "On"])
def test_on_is_the_usual_place(tmp_path, monkeypatch, word):
    """A word that says on is no folder's name; the user's cache folder is the place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("JANGRAD_CACHE", word)
    cache.cached(["a"], made(b"code"))
    assert [path.name for path in tmp_path.iterdir()] == ["caches"]
    assert len(list((tmp_path / "caches" / cache.FOLDER).iterdir())) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which its specification says to ignore
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    cache.cached(["a"], made(b"code"))
    assert (tmp_path / "home" / ".cache" / cache.FOLDER).is_dir()
    assert not (tmp_path / "relative").exists()


@posix
def test_no_home_folder_is_no_error(tmp_path):
    """HOME is not set and the user is not in the list of users, as in containers: all goes on."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HOME", "XDG_"))}
    code = """
import os, pwd
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
from jangrad import MLP, fit, jit
assert os.path.expanduser("~") == "~"
print(jit(lambda x: x * 7.5)(2.0))
print(fit(MLP(1, [1]), [[1.0]], [1.0], steps=3, engine="native", progress=False).engine)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "JANGRAD_CACHE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "15.0\nnative\n"
    assert list(tmp_path.iterdir()) == []


def in_the_way(named, place):
    named.write_text("a file")


def in_the_way_of_ours(named, place):
    named.mkdir()
    place.write_text("a file")


def above_is_a_file(named, place):
    named.parent.joinpath("above").write_text("a file")
    os.environ["JANGRAD_CACHE"] = str(named.parent / "above" / "named")


def a_device(named, place):
    os.environ["JANGRAD_CACHE"] = os.devnull


def too_long(named, place):
    os.environ["JANGRAD_CACHE"] = str(named.parent / ("long" * 1000))


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    "obstacle", [in_the_way, in_the_way_of_ours, above_is_a_file, a_device, too_long]
)
def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, named, place, obstacle):
    """Nothing is kept, and what stands there stays."""
    obstacle(named, place)
    before = everything(tmp_path)
    assert cache.cached(["a"], made(b"code")) == b"code"
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "call", ["open", "replace", "listdir", "unlink", "utime", "urandom", "fdopen"]
)
@pytest.mark.parametrize("errno", ["ENOSPC", "EROFS", "EMFILE", "EIO"])
def test_a_disk_that_fails_is_no_error(place, monkeypatch, call, errno):
    """Full, read-only, broken, or no more files may be open: the code is made all the same."""
    import errno as numbers

    cache.cached(["a"], made(b"code"))
    before = everything(place)

    def fail(*_, **__):
        raise OSError(getattr(numbers, errno), errno)

    with monkeypatch.context() as broken:
        broken.setattr(cache.os, call, fail)
        broken.setattr(cache, "LIMIT", 400)
        assert cache.cached(["a"], lambda: b"code") == b"code"
        assert cache.cached(["b"], made(b"more")) == b"more"
    assert before.items() <= everything(place).items()


def test_an_interrupt_leaves_no_half_entry(place, monkeypatch):
    """Ctrl-C, or a disk that is full, while an entry is written: nothing lies there afterwards."""
    for error in (KeyboardInterrupt, MemoryError, OSError):

        def interrupted(*_, error=error, **__):
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(cache.os, "replace", interrupted)
            if error is OSError:
                assert cache.cached(["a"], made(b"code")) == b"code"
            else:
                with pytest.raises(error):
                    cache.cached(["a"], made(b"code"))
        assert list(place.iterdir()) == []


@pytest.mark.usefixtures("either_way")
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
    assert cache.cached(["long"], made(bytes(300))) == bytes(300)
    assert cache.cached(["0"], made()) == b"made anew"  # one that is too long drives none out


def test_a_clock_that_was_wrong_keeps_nothing_for_ever(place, monkeypatch):
    """Entries from a time to come go first: they were written when the clock was wrong."""
    monkeypatch.setattr(cache, "LIMIT", 1000)
    for i in range(4):
        cache.cached([f"future {i}"], made(bytes(100)))
    for entry in place.iterdir():
        os.utime(entry, (time.time() + 1e9,) * 2)
    cache.cached(["now"], made(bytes(100)))
    for i in range(3):
        cache.cached([f"later {i}"], made(bytes(100)))
    assert cache.cached(["now"], made()) == bytes(100)


def test_many_at_once(place, monkeypatch):
    """Threads and processes that read, write and make room at once: each gets what it asked for."""
    monkeypatch.setattr(cache, "LIMIT", 3000)
    code = "from jangrad.compiler.run import cache; cache.LIMIT = 3000\n"
    code += "for i in range(300): assert cache.cached([str(i % 9)], lambda: b'%d' % (i % 9) * 200)"
    code += " == b'%d' % (i % 9) * 200"
    others = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    wrong = []

    def work():
        for i in range(300):
            wanted = b"%d" % (i % 9) * 200
            found = cache.cached([str(i % 9)], lambda wanted=wanted: wanted)
            if found != wanted:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait() for other in others] == [0, 0]
    assert wrong == []
    assert sum(e.stat().st_size for e in pathlib.Path(place).iterdir()) <= 3000
