"""Sweeps: every point is what ``calc --all`` says of it, whatever the cut; axes, formats, limits, errors."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
from pathlib import Path

import jsonschema
import pytest

from scaletui.jobs import folder as folders
from scaletui.jobs import sweeps
from scaletui_core.grid import headline_names

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
FACTORS = {"speed_speed_factor", "speed_latency_speed_factor"}
"""Of these the chain shows the speeds that they make, where it knows them."""
ALL = ",".join(headline_names())


@pytest.fixture
def swept(client):
    """The JSON of a sweep, valid by the schema."""

    def ask(*words):
        code, out, err = client("sweep", *words, "--format", "json")
        assert (code, err) == (0, "")
        document = json.loads(out)
        jsonschema.validate(document, SCHEMA)
        return document

    return ask


@pytest.fixture
def small(monkeypatch):
    """Shards of three points, so that a small grid has several."""
    monkeypatch.setattr(sweeps, "LEAST", 3)


def points_of(document):
    """Return the rows of each point by id, with their values and ends."""
    found = {}
    for row in document["rows"]:
        found.setdefault(row["subject"], {})[row["id"]] = row
    return [found[key] for key in sorted(found, key=int)]


def numbers(point, but=()):
    return {key: (row["value"], row["low"], row["high"]) for key, row in point.items() if key not in but}


def product(axes):
    """Return the texts of each point, the last axis fastest: what the grid says of itself, written anew."""
    if not axes:
        return [[]]
    return [[one, *rest] for one in axes[0] for rest in product(axes[1:])]


GRIDS = [
    (
        (),
        [("calc.flops", "1e20..1e26:4", ["1e20", "1e22", "1e24", "1e26"]), ("calc.law", *2 * ("kaplan-2020,llama-3",))],
    ),
    ((), [("flops", *2 * ("1e22,3e25",))]),
    ((), [("loss", *2 * ("1.5,1.9,2.4",))]),
    (("--set", "law=chinchilla-3"), [("loss", *2 * ("1.5,1.9,2.4",)), ("copies.speed", *2 * ("1,5",))]),
    (("--scenario", "gopher"), [("params", *2 * ("70B,280B",)), ("tokens", *2 * ("300B,1.4T",))]),
    (("--scenario", "gpt-2030"), [("speed.k", "1..9:3", ["1", "3", "9"])]),
    (
        ("--set", "params=175B", "--set", "tokens=300B"),
        [("speed.human-multiple", *2 * ("1,8",)), ("speed.k", *2 * ("2,5",))],
    ),
    (("--set", "mfu=40%"), [("hardware", *2 * ("512xH100,1024xa100",)), ("days", *2 * ("30,60d",))]),
    (("--set", "flops=1e24"), [("batch.loss", *2 * ("2,3",)), ("copies.days", *2 * ("1,30",))]),
    (
        ("--set", "flops=1e24"),
        [("speed.params", *2 * ("-,70B",)), ("emergence.law", *2 * ("epoch-2024,chinchilla-3",))],
    ),
    (("--set", "flops=1e24"), [("copies.chain", *2 * ("gpt-2030",)), ("calc.unique", *2 * ("10B,1T",))]),
]


@pytest.mark.parametrize(("given", "axes"), GRIDS)
def test_every_point_is_what_calc_all_says_of_it(client, swept, given, axes):
    over = [word for name, values, _ in axes for word in ("--over", f"{name}={values}")]
    names = [name if "." in name else f"calc.{name}" for name, _, _ in axes]
    texts = product([texts if isinstance(texts, list) else texts.split(",") for _, _, texts in axes])
    # A row that is an axis too is shown as one.
    show = [name for name in headline_names() if name not in names]
    document = swept(*given, *over, "--show", ",".join(show))
    found = points_of(document)
    assert len(found) == len(texts)
    reasons = {note["law"]: note["text"] for note in document["notes"] if note["kind"] == "unreachable"}
    columns = {name.replace(".", "_").replace("-", "_") for name in names} | {"law"}
    answered = 0
    given = [
        word if word.startswith("--") or "." in word.partition("=")[0] or "=" not in word else f"calc.{word}"
        for word in given
    ]
    for index, point in enumerate(texts):
        sets = [word for name, text in zip(names, point, strict=True) for word in ("--set", f"{name}={text}")]
        code, out, err = client("calc", "--all", *given, *sets, "--format", "json")
        ours = numbers(found[index], columns)
        if code:
            assert (ours, str(index + 1) in reasons) == ({}, True), err
            continue
        rows = {
            f"{row['subject']}_{row['id'].removeprefix('model_')}": row for row in reversed(json.loads(out)["rows"])
        }
        wanted = {key: value for key, value in numbers(rows).items() if key not in columns}
        if str(index + 1) in reasons:  # a budget without a law's answer: the chain goes on from what others leave
            assert ours == {}
            continue
        assert {key: ours[key] for key in wanted} == wanted
        assert {key: rows[key]["unit"] for key in wanted} == {key: found[index][key]["unit"] for key in wanted}
        assert set(ours) - set(wanted) <= FACTORS
        answered += 1
    assert answered


RANGED = ("--over", "flops=1e22,1e24..1e25,1e25", "--over", "law=epoch-2024,chinchilla-1", "--set", "speed.k=2..4",
          "--set", "law-uncertainty=yes", "--samples", "3000", "--seed", "7", "--show", ALL)  # fmt: skip


def test_a_point_with_ranges_has_the_median_and_interval_of_calc_all(client, swept):
    document = swept(*RANGED)
    found = points_of(document)
    texts = product([["1e22", "1e24..1e25", "1e25"], ["epoch-2024", "chinchilla-1"]])
    for point, (flops, law) in zip(found, texts, strict=True):
        code, out, err = client("calc", "--all", "--flops", flops, "--law", law, "--law-uncertainty", "--set",
                                "speed.k=2..4", "--samples", "3000", "--seed", "7", "--format", "json")  # fmt: skip
        assert code == 0, err
        rows = {f"{row['subject']}_{row['id']}": row for row in reversed(json.loads(out)["rows"])}
        assert numbers(point, ("calc_flops", "calc_law")) == numbers(rows)
        assert point["calc_params"]["low"] < point["calc_params"]["value"] < point["calc_params"]["high"]
    assert [point["calc_flops"]["label"] for point in found[::2]] == ["1e22", "1e24..1e25", "1e25"]
    sampling = document["provenance"]["sampling"]
    assert (sampling["samples"], sampling["seed"], sampling["coverage"]) == (3000, 7, 0.9)
    assert any("speed.k 2..4" in one for one in sampling["uncertain"])


def test_a_point_does_not_depend_on_those_beside_it(swept):
    first = points_of(swept(*RANGED))
    turned = [
        word.replace("1e22,1e24..1e25,1e25", "1e25,1e24..1e25,1e22").replace(
            "epoch-2024,chin", "kaplan-2020,epoch-2024,chin"
        )
        for word in RANGED
    ]
    others = points_of(swept(*turned))
    assert len(others) == 9
    for place, other in ((0, 7), (1, 8), (2, 4), (3, 5), (4, 1), (5, 2)):
        assert numbers(first[place], ("calc_law", "calc_flops")) == numbers(others[other], ("calc_law", "calc_flops"))


@pytest.mark.parametrize(
    "words",
    [
        ("--over", "loss=1.5..2.5:5", "--over", "law=epoch-2024,llama-3"),
        ("--over", "loss=1.6..2:3", "--over", "copies.speed=1,2,4"),
        RANGED,
        ("--over", "flops=1e23..1e24,1e24..1e25@50%", "--over", "mfu=30%..50%:3", "--set", "hardware=8xh100",
         "--samples", "2000", "--show", "calc.duration,calc.cost"),
    ],
)  # fmt: skip
def test_a_pool_prints_what_one_process_does(client, small, tmp_path, words):
    for form in ("json", "csv", "table", "md"):
        alone = client("sweep", *words, "--format", form)
        assert alone[0] == 0, alone[2]
        place = tmp_path / form
        assert client("sweep", *words, "--format", form, "--local", "2", "--folder", place)[:2] == alone[:2]
        assert client("jobs", "collect", place, "--format", form, "--out", tmp_path / "out.csv")[:2] == alone[:2]
    assert (tmp_path / "out.csv").read_text() == client("sweep", *words, "--format", "csv")[1]
    assert len(folders.opened(str(place)).shards) > 1


def test_the_same_command_goes_on_and_collects(client, small, tmp_path):
    words = ("sweep", "--over", "flops=1e22..1e26:8", "--local", "1", "--folder", tmp_path / "run")
    code, first, err = client(*words)
    assert code == 0, err
    shard = tmp_path / "run" / "shard-0002.json"
    good = json.loads(shard.read_text())
    shard.unlink()
    kept = (tmp_path / "run" / "shard-0001.json").stat().st_mtime_ns
    assert client(*words)[:2] == (0, first)
    assert (tmp_path / "run" / "shard-0001.json").stat().st_mtime_ns == kept
    assert json.loads(shard.read_text()) == good
    code, out, _ = client("jobs", "list", "--format", "json")
    assert code == 0
    value = good["value"]
    for wrong in (None, 5, {}, {**value, "values": "===="}, {**value, "values": value["values"][:32]},
                  {**value, "followed": [0]}):  # fmt: skip
        shard.write_text(json.dumps({**good, "value": wrong}) + "\n")
        code, out, err = client("jobs", "collect", tmp_path / "run")
        assert (code, out) == (1, "")
        assert err == "scaletui: shard 2: its result is damaged (delete it, and resume the run)\n"


def test_a_law_of_a_file_is_found_by_workers_and_known_to_have_changed(client, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert client("fit", "--example", "--method", "parametric", "--bootstraps", "0", "--out", "fit.json")[0] == 0
    words = ("sweep", "--over", "law=fit.json,epoch-2024", "--over", "flops=1e20,1e21,1e22", "--format", "csv")
    code, alone, err = client(*words)
    assert code == 0, err
    assert [line.split(",")[1] for line in alone.splitlines()[1:4]] == ["fit.json"] * 3
    assert client(*words, "--local", "1", "--folder", "run")[:2] == (0, alone)
    (tmp_path / "run" / "shard-0001.json").unlink()
    text = (tmp_path / "fit.json").read_text()
    document = json.loads(text)
    document["parametric"]["coefficients"][0] += 0.001
    (tmp_path / "fit.json").write_text(json.dumps(document))
    code, out, err = client("jobs", "resume", tmp_path / "run", "--local", "1")
    assert (code, out) == (1, "")
    assert "have changed since it was cut" in err
    code, out, err = client(*words, "--local", "1", "--folder", "run")
    assert (code, "holds other work" in err) == (2, True)
    assert client(*words)[1] != alone


def test_csv_has_a_line_for_each_point_and_reads_back_to_the_bit(client, swept):
    words = ("--over", "loss=1.5..2.5:3", "--over", "law=epoch-2024,chinchilla-3", "--set", "speed.k=2..4", "--samples",
             "1000", "--show", "params,copies.copies_k,speed.speed-factor")  # fmt: skip
    code, out, err = client("sweep", *words, "--format", "csv")
    assert (code, err) == (0, "")
    lines = list(csv.DictReader(io.StringIO(out)))
    assert list(lines[0]) == [
        "point",
        "calc_loss",
        "calc_law",
        "calc_params",
        "copies_copies_k",
        "copies_copies_k_low",
        "copies_copies_k_high",
        "speed_speed_factor",
        "speed_speed_factor_low",
        "speed_speed_factor_high",
        "reason",
    ]
    document = swept(*words)
    reasons = {note["law"]: note["text"].rstrip(".") for note in document["notes"] if note["kind"] == "unreachable"}
    assert set(reasons) == {"1", "2"}
    for index, (line, point) in enumerate(zip(lines, points_of(document), strict=True), 1):
        assert line["point"] == str(index)
        assert line["calc_law"] == point["calc_law"]["label"] == ["epoch-2024", "chinchilla-3"][(index - 1) % 2]
        assert float(line["calc_loss"]) == point["calc_loss"]["value"] == [1.5, 2.0, 2.5][(index - 1) // 2]
        assert line["reason"] == reasons.get(str(index), "")
        for key in ("calc_params", "copies_copies_k", "speed_speed_factor"):
            for end, name in (("value", key), ("low", f"{key}_low"), ("high", f"{key}_high")):
                wanted = point[key][end] if key in point else None
                assert (float(line[name]) if line.get(name) else None) == wanted


def test_what_people_see(client):
    over = ("--over", "loss=1.5,2", "--over", "law=chinchilla-3,epoch-2024")
    code, out, err = client("sweep", *over, "--show", "params,tokens")
    assert (code, err) == (0, "")
    assert (
        out
        == """\
point       L  Law               N     D
1      1.5000  chinchilla-3  unreachable: below the irreducible loss E = 1.693
2      1.5000  epoch-2024    unreachable: below the irreducible loss E = 1.817
3      2.0000  chinchilla-3  16.2B  803B
4      2.0000  epoch-2024    46.9B  880B

L [nats/token], N [parameters], D [tokens].
Law followed: chinchilla-3, epoch-2024.
2 of 4 points lie outside the budgets of their law's fit.
1 of 4 points has no answer: unreachable: below the irreducible loss E = 1.693.
1 of 4 points has no answer: unreachable: below the irreducible loss E = 1.817.
"""
    )


def test_points_that_follow_several_laws_say_which(swept, client):
    found = points_of(swept("--over", "loss=1.6,2", "--show", "params"))
    assert [point["law"]["label"] for point in found] == [point["calc_params"]["law"] for point in found]
    assert len({point["law"]["label"] for point in found}) == 2
    assert client("sweep", "--over", "loss=1.6,2", "--show", "params", "--format", "csv")[1].startswith(
        "point,calc_loss,law,calc_params,reason\n1,1.6,kaplan-2020,"
    )


def test_what_is_shown_where_nobody_says(swept):
    def ids(*words):
        return set(points_of(swept(*words))[-1])

    usual = {"calc_flops", "calc_params", "calc_tokens", "calc_loss", "speed_human_multiple", "copies_copies",
             "learning_learning_years"}  # fmt: skip
    assert ids("--over", "flops=1e22,1e24") == usual
    assert ids("--over", "flops=1e22,1e24", "--set", "batch.loss=2") == usual | {"batch_critical_batch"}
    assert ids("--over", "params=1B,10B", "--set", "tokens=1T") == (usual - {"calc_flops"}) | {"calc_compute"}
    assert ids("--over", "flops=1e24", "--over", "speed.k=2,3") == usual | {
        "speed_k",
        "speed_speed_factor",
        "copies_copies_k",
    }


def test_a_wide_table_says_what_it_has_no_room_for(client, monkeypatch):
    words = ("sweep", "--over", "flops=1e22,1e24", "--show", "loss,params,tokens,copies.copies")
    monkeypatch.setenv("COLUMNS", "40")
    code, out, _ = client(*words)
    assert code == 0
    assert out.splitlines()[:4] == [
        "point     C    loss      N      D",
        "1      1e22  2.1411  9.05B   184B",
        "2      1e24  1.9597  95.9B  1.74T",
        "No room for copies: --format csv has all"[:39] + "~",
    ]
    monkeypatch.setenv("COLUMNS", "100")
    assert "No room" not in client(*words)[1]


def test_no_answer_anywhere_is_a_failure_that_says_why(client, tmp_path):
    for more in ((), ("--local", "1", "--folder", tmp_path / "run")):
        code, out, err = client("sweep", "--over", "copies.speed=2,3", *more)
        assert code == 1
        assert "nothing to start from" in out
        assert err.startswith(
            "scaletui: no point has an answer; of the first: copies: nothing to start from (give copies.t"
        )
    code, out, err = client("jobs", "collect", tmp_path / "run")
    assert (code, "no point has an answer" in err) == (1, True)
    assert client("sweep", "--over", "copies.speed=2,3", "--plot")[:2] == (1, "")


def test_an_axis_that_changes_nothing_is_said(swept):
    notes = swept("--over", "flops=1e22,1e24", "--over", "batch.batch=1M,2M", "--show", "critical-batch")["notes"]
    assert [note["text"] for note in notes if note["id"] == "sweep-idle"] == [
        "batch.batch changes nothing of what is shown."
    ]


def test_plots(client):
    words = ("sweep", "--over", "flops=1e20..1e26:7", "--over", "law=chinchilla-3,epoch-2024", "--plot", "--show")
    code, out, err = client(*words, "loss", "--ascii")
    assert (code, err) == (0, "")
    assert out.startswith("loss [nats/token]                 loss over C\n")
    assert "-a- chinchilla-3  -b- epoch-2024" in out
    code, out, err = client(*words, "params", "--set", "law-uncertainty=yes", "--samples", "1000", "--ascii")
    assert (code, err) == (0, "")
    assert "epoch-2024, 90%" in out
    code, out, err = client("sweep", "--over", "law=chinchilla-3,epoch-2024", "--over", "flops=1e20,1e26", "--plot")
    assert (code, out) == (2, "")
    assert err == "scaletui: --plot: calc.law has no numbers to draw over (name another --over first)\n"
    code, out, err = client("sweep", "--over", "flops=1e20,1e26", "--over", "speed.k=1..2:13", "--plot")
    assert (code, err) == (2, "scaletui: --plot: 13 lines are too many; 12 can be told apart (fewer values)\n")


ERRORS = [
    ((), "--over: nothing to sweep over (such as --over flops=1e22..1e26:9)"),
    (
        ("--over", "flops"),
        "--over: 'flops' is not PART.FIELD=VALUES (such as calc.flops=1e22..1e26:9, or calc.law=epoch-2024,llama-3)",
    ),
    (("--over", "flop=1,2"), "--over: no field is called 'flop' (did you mean flops?)"),
    (("--over", "k=1,2"), "--over: no field is called 'k' (did you mean speed.k or copies.k?)"),
    (("--over", "spee.k=1,2"), "--over: no part is called 'spee' (did you mean speed?)"),
    (("--over", "speed.kk=1,2"), "--over: no field of speed is called 'kk' (did you mean k?)"),
    (
        ("--over", "flops=1e22..1e26"),
        "--over calc.flops: a span needs a count (such as 1e22..1e26:9; a range is for --set)",
    ),
    (
        ("--over", "flops=1e22..1e26:one"),
        "--over calc.flops: the count must be a whole number, at least 2 (such as "
        "1e22..1e26:9)\n  1e22..1e26:one\n             ^",
    ),
    (("--over", "flops=1e22..1e26:1"), "--over calc.flops: the count must be a whole number, at least 2"),
    (("--over", "flops=1e22..1e26:9:ln"), "--over calc.flops: after the count stands linear or log\n"),
    (("--over", "flops=1e22..1e26:2000000"), "--over calc.flops: a span has at most 1,000,000 points"),
    (("--over", "flops=1e26..1e22:3"), "--over calc.flops: the first end must be below the second"),
    (
        ("--over", "flops=1e22..30d:3"),
        "--over calc.flops: '30d' is a duration; an amount of compute in FLOP was wanted",
    ),
    (("--over", "flops=1e22,abc"), "--over calc.flops: no number in 'abc' (such as 5.76e23)\n  abc\n  ^"),
    (("--over", "flops="), "--over calc.flops: nothing given"),
    (("--over", "flops=1e22,,1e23"), "--over calc.flops: nothing between two commas"),
    (("--over", "flops=1e22,1e23,1e22"), "--over calc.flops: has '1e22' twice: drop one"),
    (("--over", "mfu=10%..120%:3", "--set", "flops=1e24"), "--over calc.mfu: "),
    (
        ("--over", "law=chinchila-3,epoch-2024"),
        "--over calc.law: no law is called 'chinchila-3' (did you mean chinchilla-3?)",
    ),
    (("--over", "hardware=8xh10"), "--over calc.hardware: no accelerator is called 'h10' (did you mean h100?)"),
    (("--over", "precision=bf16,fp4"), "--over calc.precision: must be one of bf16, fp16, fp8"),
    (("--over", "flops=1,2", "--over", "calc.flops=3,4"), "--over: calc.flops is an axis twice: drop one"),
    (("--over", "flops=1,2", "--set", "calc.flops=3"), "--set: calc.flops is an axis: drop one"),
    (
        ("--over", "flops=1e22,1e23", "--set", "calc.parms=3"),
        "--set: no field of calc is called 'parms' (did you mean params?)",
    ),
    (("--over", "flops=1e22,1e23", "--set", "speed.k=x"), "--set speed.k: no number in 'x'"),
    (("--over", "flops=1e22,1e23", "--set", "law=nope"), "--set calc.law: no law is called 'nope'"),
    (
        ("--over", "flops=1e22,1e23", "--scenario", "gofer"),
        "--scenario: no scenario is called 'gofer' (did you mean gopher?)",
    ),
    (
        ("--over", "flops=1e22..1e26:2000", "--over", "speed.k=1..8:2000"),
        "--over: 2,000 x 2,000 = 4,000,000 points, and a grid has at most 1,000,000 (smaller counts)",
    ),
    (("--over", "flops=1e22..1e26:30000"), "--format: 30,000 points are printed as CSV alone; table ends at 20,000"),
    (
        ("--over", "flops=1e22,1e23", "--show", "calc.los"),
        "--show: no row of these points is called 'calc.los' (did you mean calc.loss?)",
    ),
    (("--over", "flops=1e22,1e23", "--show", "cost"), "--show: no row of the chain is called 'cost'"),
    (("--over", "flops=1e22,1e23", "--show", "kalc.cost"), "--show: no part is called 'kalc' (did you mean calc?)"),
    (("--over", "flops=1e22,1e23", "--show", "loss,calc.loss"), "--show: calc.loss is named twice: drop one"),
    (("--over", "flops=1e22,1e23", "--show", "calc.flops"), "--show: calc.flops is an axis"),
    (("--over", "batch.loss=2,3", "--show", "loss"), "--over: batch.loss changes nothing of what is shown"),
    (
        ("--over", "flops=1e22,1e23", "--set", "batch.loss=2", "--show", "loss"),
        "--set: batch.loss changes nothing of what",
    ),
    (("--over", "flops=1e22,1e23", "--samples", "2000"), "--samples: needs a range: nothing here is uncertain"),
    (("--over", "flops=1e22,1e23", "--folder", "x"), "--folder: is that of shards, and needs --slurm or --local"),
    (("--over", "flops=1e22,1e23", "--glyphs", "half"), "--glyphs: needs --plot"),
]


@pytest.mark.parametrize(("words", "said"), ERRORS)
def test_errors_name_the_place(client, words, said):
    code, out, err = client("sweep", *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"scaletui: {said}")


def test_nothing_is_written_by_a_dry_run(client, tmp_path):
    words = (
        "sweep",
        "--over",
        "flops=1e22..1e26:5000",
        "--slurm",
        "--dry-run",
        "--folder",
        tmp_path / "run",
        "--format",
        "csv",
    )
    code, out, err = client(*words)
    assert (code, err) == (0, "")
    assert "#SBATCH --array=1-3\n" in out
    assert not (tmp_path / "run").exists()


def test_control_c_ends_it_at_once_and_prints_nothing(start, tmp_path):
    words = ("sweep", "--over", "flops=1e20..1e26:1000000", "--format", "csv")
    process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # It has begun once it is past its imports: the shipped presets are the last files that it opens.
    status = Path(f"/proc/{process.pid}/status")
    while int(next(line for line in status.read_text().splitlines() if line.startswith("VmRSS")).split()[1]) < 60_000:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_progress_is_told_to_a_person_and_wiped(on_terminal):
    code, text = on_terminal("sweep", "--over", "flops=1e20..1e26:1500", "--show", "loss", columns=80)
    assert code == 0
    assert "\rpoints... " in text
    assert " of 1,500\x1b[K" in text
    _, _, rest = text.rpartition("\r\x1b[K")
    assert "points..." not in rest
    assert rest.startswith(("point", "\x1b[1mpoint"))


def test_the_reason_is_the_first_one_and_not_what_follows_from_it(swept):
    document = swept("--over", "loss=1,2", "--set", "law=epoch-2024", "--set", "copies.speed=2")
    reasons = [note["text"] for note in document["notes"] if note["kind"] == "unreachable"]
    assert reasons == ["unreachable: below the irreducible loss E = 1.817."]


def test_a_run_of_many_points_is_collected_as_csv_alone(client, tmp_path, monkeypatch):
    monkeypatch.setattr("scaletui.render.LONGEST", 5)
    words = ("sweep", "--over", "flops=1e22..1e26:6", "--show", "loss")
    code, alone, err = client(*words, "--format", "csv", "--local", "1", "--folder", tmp_path / "run")
    assert (code, alone.count("\n")) == (0, 7), err
    for form in ("table", "json", "md"):
        code, out, err = client("jobs", "collect", tmp_path / "run", "--format", form)
        assert (code, out) == (2, "")
        assert err == f"scaletui: --format: 6 points are printed as CSV alone; {form} ends at 5 (--format csv)\n"
    assert client("jobs", "collect", tmp_path / "run", "--format", "csv")[:2] == (0, alone)


def test_what_a_run_of_many_points_writes_is_all_it_says(client, tmp_path, monkeypatch):
    monkeypatch.setattr("scaletui.render.LONGEST", 3)
    place = tmp_path / "run"
    sending = ("sweep", "--over", "flops=1e22..1e24:5", "--show", "loss", "--folder", place, "--local", "1")
    assert client(*sending, "--format", "csv")[0] == 0
    out = tmp_path / "many.csv"
    code, printed, err = client("jobs", "collect", place, "--out", out)
    assert (code, printed) == (0, "")
    assert err == f"scaletui: written to {out}\n"
    assert len(out.read_text().splitlines()) == 6
    code, _, err = client("jobs", "collect", place, "--out", tmp_path / "many.json")
    assert (code, "must end in .csv" in err) == (2, True)
    assert not (tmp_path / "many.json").exists()
