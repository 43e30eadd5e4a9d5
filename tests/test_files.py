"""Writing files: whole or not at all, links followed, and nothing lost that stood there."""

import os
import stat

import pytest

from jangrad import MLP, Value
from jangrad.errors import SaveError
from jangrad.files import Kind, check_place, same_place, special, write_at_once
from jangrad.train import History

POSIX = pytest.mark.skipif(os.name == "nt", reason="links, pipes and modes are other things there")
NOTES = Kind("notes", lambda head: head.startswith(b"notes"))


def refused(path, match, kind=None):
    """Asked before and while writing, with the same answer, and nothing is left beside it."""
    for attempt in (lambda: check_place(path, kind), lambda: write_at_once(path, b"new", kind)):
        with pytest.raises(SaveError, match=match):
            attempt()


def test_a_file_is_replaced_as_a_whole(tmp_path):
    """Asking changes nothing; writing leaves one file."""
    path = tmp_path / "file"
    check_place(path)
    assert not list(tmp_path.iterdir())
    for data in (b"first", b"second"):
        write_at_once(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_links_are_followed_and_modes_kept(tmp_path):
    """A link stays one, also one that leads to nothing yet; 600 stays 600."""
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    write_at_once(link, b"first")
    real.chmod(0o600)
    write_at_once(link, b"second")
    assert link.is_symlink()
    assert real.read_bytes() == b"second"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


@POSIX
def test_names_as_long_as_names_get(tmp_path):
    """255 letters are written, 256 refused."""
    write_at_once(tmp_path / ("n" * 255), b"x")
    refused(tmp_path / ("n" * 256), "name too long")


def test_names_that_are_none(tmp_path):
    """Empty, with a NUL, of a folder, no text at all, in no folder."""
    refused("", "its name is empty")
    refused("a\0b", "cannot be written to: embedded null")
    refused(f"{tmp_path}/new/", "name is that of a folder|lies in no folder")
    refused(3, "a path is text or a `Path`, not 3")
    refused(tmp_path, "it is a folder")
    refused(tmp_path / "none" / "file", "it lies in no folder: there is no")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file" / "file", "cannot be written to")


@POSIX
def test_what_is_no_file_is_left_alone(tmp_path):
    """Devices, pipes, also through a link; a circle of links."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    refused(tmp_path / "pipe", "it is a pipe")
    refused("/dev/null", "it is a device")
    refused(tmp_path / "null", "it is a device")
    refused(tmp_path / "circle", "Too many levels|it lies in no folder|symbolic link")
    assert special("/dev/null") == special(tmp_path / "null") == "a device"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_what_may_not_be_written_to(tmp_path):
    """A folder and a file that are read-only."""
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o400)
    refused(file, "may not be written to")
    tmp_path.chmod(0o500)
    refused(tmp_path / "new", "Permission denied")
    tmp_path.chmod(0o700)
    assert file.read_bytes() == b"old"


def test_a_folder_that_takes_no_file(tmp_path, monkeypatch):
    """Whatever the reason: the system is asked, and its answer told."""

    def full(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("builtins.open", full)
    refused(tmp_path / "file", "Read-only file system")


def test_another_kind_of_file_is_not_replaced(tmp_path):
    """Unless it is empty, which loses nothing."""
    path = tmp_path / "file"
    path.write_bytes(b"a letter")
    refused(path, "is not notes, so it is not replaced", NOTES)
    assert path.read_bytes() == b"a letter"
    for old in (b"", b"notes of old"):
        path.write_bytes(old)
        write_at_once(path, b"notes", NOTES)


def test_one_place_by_two_names(tmp_path):
    """Through links, hard links, dots, letters' case and the two ways to write an umlaut."""
    file = tmp_path / "file"
    assert same_place(file, f"{tmp_path}/../{tmp_path.name}/file")
    assert same_place(tmp_path / "new", tmp_path / "NEW")
    assert same_place(tmp_path / "\u00e4", tmp_path / "a\u0308")
    assert not same_place(tmp_path / "one", tmp_path / "two")
    assert not same_place(tmp_path / "none" / "one", tmp_path / "one")
    file.write_text("")
    if os.name != "nt":
        (tmp_path / "soft").symlink_to(file)
        (tmp_path / "hard").hardlink_to(file)
        assert same_place(file, tmp_path / "soft")
        assert same_place(tmp_path / "soft", tmp_path / "hard")


@POSIX
def test_no_save_replaces_a_device(tmp_path):
    """Trees, networks, histories: the device stays one."""
    pipes = [tmp_path / name for name in ("t.svg", "t.html", "t.tex", "h.json")]
    for pipe in pipes:
        os.mkfifo(pipe)
    tree = (Value(2.0) * 3.0).backtrack()
    for pipe in pipes[:3]:
        with pytest.raises(SaveError, match="it is a pipe"):
            tree.save(pipe)
    with pytest.raises(SaveError, match="it is a pipe"):
        MLP(1, [1]).show().save(pipes[0])
    with pytest.raises(SaveError, match="it is a pipe"):
        History().save(pipes[3])


def test_a_history_replaces_a_history_only(tmp_path):
    """And not the model beside it."""
    path = tmp_path / "run.json"
    History(loss=[1.0], rate=[0.1], gradient_norm=[1.0]).save(path)
    History().save(path)
    assert len(History.load(path)) == 0
    path.write_text("{}")
    with pytest.raises(SaveError, match="is not a saved History, so it is not replaced"):
        History().save(path)
