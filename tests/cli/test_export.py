"""What the app saves is what its command prints, byte for byte; nothing is overwritten; the clipboard has an end."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scaletui import processors
from scaletui.cli import run
from scaletui.export import LONGEST_CLIP, clip, exports, save, stem_of
from scaletui.render.figures import FIGURES
from scaletui.render.plot import draw
from scaletui.scenario import Scenario
from scaletui_core.calculator import PARTS
from scaletui_core.errors import ScaletuiError
from scaletui_core.presets import Catalog
from scaletui_core.sampling import Sampling

CATALOG = Catalog("presets")
TEXTS = {
    "calc": {"flops": "1e23..1e25", "law": "epoch-2024, chinchilla-3", "unique": "500B..2T"},
    "speed": {"k": "2..5", "price": "$2/h"},
    "learning": {"loss": "2"},
    "copies": {"k": "-"},
}
PLAIN = {"calc": {"flops": "5.76e23"}, "speed": {"params": "70B"}, "copies": {"chain": "gpt-2030", "flops": "-"}}
ALONE = {"speed": {"params": "70B"}, "batch": {"loss": "2"}}


@pytest.mark.parametrize("form", ["json", "csv", "md"])
@pytest.mark.parametrize(
    ("texts", "part"),
    [*((TEXTS, part) for part in PARTS), (PLAIN, "calc"), (PLAIN, "speed"), (PLAIN, "copies"), (ALONE, "speed"),
     (ALONE, "batch")],
)  # fmt: skip
def test_it_is_what_the_command_prints(
    texts: dict[str, dict[str, str]], part: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Scenario(CATALOG, texts)
    answer = app.sheet(part).answer
    assert answer is not None
    # As the app leaves it in the end: with what drives each spread.
    (found,) = processors.sampled([answer], Sampling(threads=processors.threads(), sensitivity=True))
    text = exports(app.printed(part, found), CATALOG)[form]()
    assert run([*app.command(part)[1:], "--format", form]) == 0
    assert capsys.readouterr().out == text
    assert "sensitivity" not in text


def test_what_varies_waits_for_its_intervals() -> None:
    app = Scenario(CATALOG, TEXTS)
    answer = app.sheet("speed").answer
    assert answer is not None
    found = exports(app.printed("speed", answer), CATALOG, None, "<svg/>")
    assert found["svg"]() == "<svg/>"
    for form in ("json", "csv", "md"):
        with pytest.raises(ScaletuiError, match="not there yet"):
            found[form]()


def test_the_kinds_are_what_there_is() -> None:
    answer = Scenario(CATALOG, PLAIN).answer
    assert list(exports(answer, CATALOG, [], "")) == ["json", "csv", "md", "txt", "svg"]
    assert list(exports(None, CATALOG)) == []
    assert list(exports(None, CATALOG, svg="<svg/>")) == ["svg"]


def test_a_plot_is_text_without_colours() -> None:
    sheet = Scenario(CATALOG, PLAIN | {"speed": {"params": "70B", "k": "5"}}).sheet("speed")
    assert sheet.answer is not None
    rows = draw(FIGURES["speed"][0].draw(sheet.inputs, sheet.answer, CATALOG), 80, 24).text()
    text = exports(sheet.answer, CATALOG, rows)["txt"]()
    lines = text.removesuffix("\n").split("\n")
    assert len(lines) == 24
    assert "\x1b" not in text
    assert [line.rstrip() for line in rows] == lines
    assert not any(line.endswith(" ") for line in lines)


# -- files ---------------------------------------------------------------------------------------------------------


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    stem = stem_of("Speed")
    names = ["scaletui-speed.json", "scaletui-speed-2.json", "scaletui-speed-3.json"]
    (tmp_path / names[1]).symlink_to(tmp_path / "nowhere")  # a link that leads nowhere is taken as well
    paths = [save("json", text, str(tmp_path), stem) for text in ("first\n", "second\n")]
    assert paths == [str(tmp_path / names[0]), str(tmp_path / names[2])]
    assert [Path(path).read_bytes() for path in paths] == [b"first\n", b"second\n"]
    assert save("csv", "a,b\r\n", str(tmp_path), stem) == str(tmp_path / "scaletui-speed.csv")
    assert (tmp_path / "scaletui-speed.csv").read_bytes() == b"a,b\r\n"
    assert sorted(os.listdir(tmp_path)) == ["scaletui-speed-2.json", "scaletui-speed-3.json", "scaletui-speed.csv",
                                            "scaletui-speed.json"]  # fmt: skip


def test_two_at_once_get_a_file_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        paths = list(pool.map(lambda n: save("md", f"{n}\n", str(tmp_path), "x"), range(100)))
    assert len(set(paths)) == 100
    assert {Path(path).read_text("utf-8") for path in paths} == {f"{n}\n" for n in range(100)}


def test_a_file_has_the_mode_that_the_user_set_and_holds_any_text(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        path = save("txt", "⣀ é \udcff\n", str(tmp_path), "plot")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert Path(path).read_bytes() == "⣀ é \\udcff\n".encode()


def test_a_folder_that_takes_no_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "missing", tmp_path / "\x1b[31m"):
        with pytest.raises(ScaletuiError, match="cannot be written") as caught:
            save("json", "{}\n", str(folder), "scaletui-speed")
        assert "\n" not in str(caught.value)
        assert "\x1b" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


def test_a_read_only_folder_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(path: str, *_: object, **__: object) -> None:  # root may write anywhere
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(ScaletuiError, match=r"cannot be written: Permission denied \(start scaletui in a folder"):
        save("json", "{}\n", str(tmp_path), "scaletui-speed")


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full")
    real = open

    class Full:
        def __init__(self, path: str, *arguments: object, **more: object) -> None:
            real(path, "x").close()
            self.file = real(full, "w", encoding="utf-8")

        def __enter__(self) -> Full:
            return self

        def write(self, text: str) -> None:
            self.file.write(text)

        def __exit__(self, *_: object) -> None:
            self.file.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.open", Full)
        with pytest.raises(ScaletuiError, match="No space left on device"):
            save("json", "{}\n", str(tmp_path), "scaletui-speed")
    assert os.listdir(tmp_path) == []


# -- the clipboard -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "scaletui calc --flops 5.76e23", "two\nlines", "é ⣀", "\x1b]52;c;\x07"])
def test_the_clipboard_gets_the_text(text: str) -> None:
    sequence = clip(text)
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\x07")
    payload = sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert payload.isascii()
    assert not any(char < " " for char in payload)
    assert base64.b64decode(payload, validate=True).decode() == text


def test_what_is_too_long_for_the_clipboard_is_said() -> None:
    assert len(clip("x" * LONGEST_CLIP)) == 100_000
    with pytest.raises(ScaletuiError, match="74,995 bytes of at most 74,994"):
        clip("x" * (LONGEST_CLIP + 1))
    with pytest.raises(ScaletuiError, match="too long"):
        clip("é" * LONGEST_CLIP)
