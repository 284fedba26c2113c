"""Files are written whole or not at all, over nothing unasked, and leave no draft behind."""

from __future__ import annotations

import os

import pytest

from scaletui.files import write_atomically


def test_a_file_is_written_into_folders_that_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "file.toml"
    write_atomically(str(path), "é\n")
    assert path.read_bytes() == "é\n".encode()
    assert os.listdir(path.parent) == ["file.toml"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask():
    value = os.umask(0)
    os.umask(value)
    return value


@pytest.mark.parametrize("links", [True, False])
def test_without_over_what_is_there_stays(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links")))
    path = tmp_path / "file"
    write_atomically(str(path), "first", over=False)
    with pytest.raises(FileExistsError):
        write_atomically(str(path), "second", over=False)
    assert path.read_text() == "first"
    write_atomically(str(path), "third")
    assert path.read_text() == "third"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("wrong", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_draft(tmp_path, monkeypatch, wrong):
    def fail(_):
        raise wrong

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(wrong)):
        write_atomically(str(path), "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_is_a_file_is_not_called_a_file_that_is_there(tmp_path):
    (tmp_path / "folder").write_text("x")
    with pytest.raises(NotADirectoryError):
        write_atomically(str(tmp_path / "folder" / "file"), "x", over=False)


def test_what_is_no_text_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_atomically(str(tmp_path / "new" / "file"), "\ud800")
    assert os.listdir(tmp_path) == []
