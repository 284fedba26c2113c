"""Fits as commands: what they print, the files they write, fits as laws everywhere, and every way to be wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from scaletui.cli import run
from scaletui_core.fit_file import law_record, read_fit
from scaletui_core.fitting import examples
from scaletui_core.fitting.synthetic import synthetic
from scaletui_core.laws import law
from scaletui_core.presets import Catalog

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "scaletui" / "render" / "answer.schema.json").read_text())
TRUTH = examples.TRUTH


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fits")


@pytest.fixture(scope="module")
def runs_csv(folder):
    """120 runs of a known law with 1% noise."""
    path = folder / "runs.csv"
    path.write_text(csv_of(synthetic(TRUTH, noise=0.01, seed=6, each=20)))
    return path


def csv_of(runs):
    rows = zip(runs.params.tolist(), runs.tokens.tolist(), runs.loss.tolist(), strict=True)
    return "params,tokens,loss\n" + "".join(f"{n!r},{d!r},{level!r}\n" for n, d, level in rows)


def printed(capsys, *words):
    code = run([str(word) for word in words])
    out = capsys.readouterr()
    return code, out.out, out.err


def answer(capsys, *words):
    code, out, err = printed(capsys, *words, "--format", "json")
    assert code == 0, err
    made = json.loads(out)
    jsonschema.validate(made, SCHEMA)
    return made


def rows_of(made, subject):
    return {row["id"]: row for row in made["rows"] if row.get("subject") == subject}


@pytest.fixture(scope="module")
def fitted(runs_csv, folder):
    """A fit's file, written by the command."""
    path = folder / "fit.json"
    assert run(["fit", str(runs_csv), "--out", str(path), "--bootstraps", "500", "--seed", "3"]) == 0
    return path


def test_the_rows_that_are_promised(capsys, runs_csv):
    made = answer(capsys, "fit", runs_csv, "--bootstraps", "500")
    rows = rows_of(made, "parametric")
    for name in ("E", "A", "B", "alpha", "beta", "a", "b", "objective", "runs", "converged"):
        assert name in rows
    for name, true in zip(("E", "alpha", "beta"), (TRUTH[0], *TRUTH[3:]), strict=True):
        row = rows[name]
        assert row["low"] < row["value"] < row["high"]
        assert row["low"] < true < row["high"]
    assert rows["runs"]["value"] == 120
    assert rows["converged"]["value"] == 1
    assert rows["a"]["value"] == pytest.approx(1 - rows["b"]["value"], rel=1e-12)
    assert rows["A"]["value"] == pytest.approx(math.exp(TRUTH[1]), rel=0.6)
    provenance = made["provenance"]
    assert provenance["bootstraps"] == 500
    assert provenance["seed"] == 0
    assert len(provenance["data_sha256"]) == 64
    assert (
        rows_of(made, "isoflop")["a"]["low"] < TRUTH[4] / (TRUTH[3] + TRUTH[4]) < rows_of(made, "isoflop")["a"]["high"]
    )
    assert any(note["kind"] == "unreachable" and note["law"] == "envelope" for note in made["notes"])


@pytest.mark.parametrize("method", ["parametric", "isoflop", "power"])
def test_a_method_alone_gives_what_all_give(capsys, runs_csv, method):
    alone = answer(capsys, "fit", runs_csv, "--bootstraps", "200", "--method", method)
    whole = answer(capsys, "fit", runs_csv, "--bootstraps", "200")
    assert {row["subject"] for row in alone["rows"]} == {method}
    assert rows_of(alone, method) == rows_of(whole, method)


def test_an_order_a_pipe_and_threads_change_nothing(capsys, monkeypatch, runs_csv, folder):
    head, *lines = runs_csv.read_text().splitlines()
    mixed = folder / "mixed.csv"
    mixed.write_text("\n".join([head, *np.random.default_rng(2).permutation(lines)]) + "\n")
    first = answer(capsys, "fit", runs_csv, "--bootstraps", "200")
    second = answer(capsys, "fit", mixed, "--bootstraps", "200")
    monkeypatch.setenv("SCALETUI_THREADS", "1")
    third = answer(capsys, "fit", runs_csv, "--bootstraps", "200")
    assert first["rows"] == second["rows"] == third["rows"]
    assert first["provenance"]["data_sha256"] == second["provenance"]["data_sha256"]


def test_standard_input(run_cli, runs_csv):
    done = run_cli("fit", "-", "--bootstraps", "0", "--format", "json", input=runs_csv.read_text())
    assert (done.returncode, done.stderr) == (0, "")
    assert rows_of(json.loads(done.stdout), "parametric")["runs"]["value"] == 120


def test_the_example_is_made_as_it_says(capsys):
    folder = ROOT / "presets" / "examples"
    assert (folder / examples.RUNS).read_text() == examples.runs_text()
    assert (folder / examples.CURVES).read_text() == examples.curves_text()
    made = answer(capsys, "fit", "--example", "--bootstraps", "1000")
    assert any("nobody trained these runs" in note["text"] for note in made["notes"])
    rows = rows_of(made, "parametric")
    assert rows["a"]["low"] < TRUTH[4] / (TRUTH[3] + TRUTH[4]) < rows["a"]["high"]
    curves = answer(capsys, "fit", folder / examples.CURVES, "--bootstraps", "500")
    assert any("read as training curves, 1,800 points of 36 runs" in note["text"] for note in curves["notes"])
    envelope = rows_of(curves, "envelope")
    assert envelope["a"]["low"] < TRUTH[4] / (TRUTH[3] + TRUTH[4]) < envelope["a"]["high"]
    assert envelope["curvature"]["low"] < 0 < envelope["curvature"]["high"]


def test_several_files_are_one(capsys, runs_csv, folder):
    head, *lines = runs_csv.read_text().splitlines()
    parts = [folder / "first.csv", folder / "second.csv"]
    for path, some in zip(parts, (lines[:50], lines[50:]), strict=True):
        path.write_text("\n".join([head, *some]) + "\n")
    joined = answer(capsys, "fit", *parts, "--bootstraps", "100")
    whole = answer(capsys, "fit", runs_csv, "--bootstraps", "100")
    assert joined["rows"] == whole["rows"]
    assert joined["provenance"]["data_sha256"] == whole["provenance"]["data_sha256"]


def test_exports_with_a_file_for_each_run(capsys, tmp_path):
    """TensorBoard writes one file a run, which says neither N nor D."""
    rng = np.random.default_rng(3)
    options, paths = ["--tokens-per-step", "2M", "--bootstraps", "0"], []
    for number, n in enumerate(np.geomspace(5e7, 5e9, 9)):
        steps = np.arange(100, 4000 + 3000 * (number % 3), 100)
        loss = (1.8 + 478 / n**0.35 + 2143 / (2e6 * steps) ** 0.37) * np.exp(rng.normal(0, 0.002, len(steps)))
        path = tmp_path / f"run-{number}.csv"
        points = "".join(f"{1.7e9 + s},{s},{level}\n" for s, level in zip(steps.tolist(), loss.tolist(), strict=True))
        path.write_text("Wall time,Step,Value\n" + points)
        options += ["--run-params", f"run-{number}={n:.0f}"]
        paths.append(path)
    made = answer(capsys, "fit", *paths, *options)
    assert rows_of(made, "parametric")["runs"]["value"] == 9
    assert rows_of(made, "parametric")["alpha"]["value"] == pytest.approx(0.35, abs=0.1)
    code, _, err = printed(capsys, "fit", *paths, *options, "--run-params", "run-77=1B")
    assert code == 2
    assert "no run is called 'run-77'" in err


# Fits as files and as laws


def test_a_file_holds_what_was_said_and_reads_back(capsys, fitted, runs_csv):
    document = read_fit(str(fitted))
    assert document["seed"] == 3
    assert document["data"]["runs"] == 120
    assert document["options"]["bootstraps"] == 500
    assert len(document["parametric"]["sample"]) == 500
    made = answer(capsys, "fit", runs_csv, "--bootstraps", "500", "--seed", "3")
    assert document["answer"]["rows"] == made["rows"]
    one = law(Catalog(str(ROOT / "presets")), str(fitted))
    assert one.id == "fit.json"
    assert one.coefficients == pytest.approx(document["parametric"]["coefficients"], rel=1e-15)


def test_a_fit_is_a_law_in_every_command(capsys, fitted):
    record = law_record(read_fit(str(fitted)), "fit.json")
    made = answer(capsys, "calc", "--flops", "1e22", "--law", fitted)
    (n, d) = (next(row["value"] for row in made["rows"] if row["id"] == key) for key in ("params", "tokens"))
    assert 6 * n * d == pytest.approx(1e22, rel=1e-12)
    expected = (
        record["E"] + math.exp(record["ln_A"]) / n ** record["alpha"] + math.exp(record["ln_B"]) / d ** record["beta"]
    )
    assert next(row["value"] for row in made["rows"] if row["id"] == "loss") == pytest.approx(expected, rel=1e-12)
    for words in (
        ("frontier", "--law", fitted),
        ("isoflop", "--flops", "1e21", "--law", fitted),
        ("loss", "--params", "1B", "--tokens", "20B", "--law", fitted),
        ("copies", "--flops", "1e22", "--law", fitted),
    ):
        code, out, err = printed(capsys, *words)
        assert (code, err) == (0, "")
        assert out
    code, out, err = printed(capsys, "calc", "--flops", "1e22", "--law", f"{fitted},chinchilla-3", "--explain")
    assert (code, err) == (0, "")
    assert "fit of runs.csv, 120 runs. N counts what the runs count." in " ".join(out.split())


def test_its_posterior_is_its_bootstrap_sample(capsys, fitted):
    made = answer(capsys, "calc", "--flops", "1e22", "--law", fitted, "--law-uncertainty")
    told = answer(capsys, "predict", fitted, "--flops", "1e22", "--interval", "percentile")
    for name in ("params", "loss"):
        one = next(row for row in made["rows"] if row["id"] == name)
        other = rows_of(told, "parametric")[name]
        for end in ("low", "high"):
            assert one[end] == pytest.approx(other[end], rel=0.02)


def test_a_fit_that_is_saved_is_a_law_by_name(capsys, tmp_path, monkeypatch, runs_csv):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    code, _, err = printed(capsys, "fit", runs_csv, "--save", "ours", "--bootstraps", "200")
    assert code == 0
    assert err == f"scaletui: kept as a law in {tmp_path}/scaletui/fits/ours.json\n"
    assert "ours" in printed(capsys, "laws")[1]
    assert printed(capsys, "calc", "--flops", "1e22", "--law", "ours")[0] == 0
    assert "ours" in printed(capsys, "calc", "--flops", "1e22")[1]  # among all
    assert printed(capsys, "predict", "ours", "--flops", "1e23")[0] == 0
    (tmp_path / "scaletui" / "fits" / "broken.json").write_text("{")
    code, _, err = printed(capsys, "calc", "--flops", "1e22", "--law", "chinchilla-3")
    assert code == 0
    assert "broken.json:1: is not JSON" in err


def test_saving_goes_before_another_fit_only_where_that_is_said(capsys, tmp_path, monkeypatch, runs_csv):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    words = ("fit", runs_csv, "--save", "ours", "--bootstraps", "0")
    assert printed(capsys, *words)[0] == 0
    code, out, err = printed(capsys, *words)
    assert (code, out) == (2, "")
    assert "a fit is kept as ours already (--force puts this in its place)" in err
    assert printed(capsys, *words, "--force")[0] == 0
    told = printed(capsys, "calc", "--flops", "1e22", "--law", "ours", "--law-uncertainty")[1]
    assert "its fit has no resamples, or too many did not converge: it does not vary." in " ".join(told.split())


# Predictions


def test_a_prediction_is_the_law_with_the_intervals_of_its_sample(capsys, fitted):
    document = read_fit(str(fitted))
    made = rows_of(answer(capsys, "predict", fitted, "--flops", "1e24", "--interval", "percentile"), "parametric")
    e, log_a, log_b, alpha, beta = np.array(
        [document["parametric"]["coefficients"], *document["parametric"]["sample"]]
    ).T
    g = (alpha * np.exp(log_a) / (beta * np.exp(log_b))) ** (1 / (alpha + beta))
    n = g * (1e24 / 6) ** (beta / (alpha + beta))
    d = 1e24 / 6 / n
    loss = e + np.exp(log_a) / n**alpha + np.exp(log_b) / d**beta
    for name, values in (("params", n), ("tokens", d), ("loss", loss)):
        row = made[name]
        assert row["value"] == pytest.approx(values[0], rel=1e-9)
        assert (row["low"], row["high"]) == pytest.approx(tuple(np.percentile(values[1:], (5, 95))), rel=1e-9)
    beyond = rows_of(answer(capsys, "predict", fitted, "--flops", "1e24"), "data")["beyond_compute"]
    assert beyond["value"] == pytest.approx(math.log10(1e24 / 2e21), abs=1e-6)


@pytest.mark.parametrize(
    "asked", [("--params", "10B", "--tokens", "200B"), ("--params", "10B"), ("--tokens", "200B"),
              ("--flops", "1.2e22", "--params", "10B")],
)  # fmt: skip
def test_what_may_be_predicted(capsys, fitted, asked):
    rows = rows_of(answer(capsys, "predict", fitted, *asked), "parametric")
    assert 6 * rows["params"]["value"] * rows["tokens"]["value"] == pytest.approx(rows["compute"]["value"], rel=1e-9)
    given = dict(zip(asked[::2], asked[1::2], strict=True))
    if "--params" in given:
        assert rows["params"]["value"] == pytest.approx(1e10, rel=1e-12)
        assert rows["params"]["low"] is None
    assert rows["loss"]["low"] < rows["loss"]["value"] < rows["loss"]["high"]


def test_fits_side_by_side(capsys, fitted, folder, runs_csv):
    other = folder / "other.json"
    half = folder / "half.csv"
    head, *lines = runs_csv.read_text().splitlines()
    half.write_text("\n".join([head, *lines[::2]]) + "\n")
    assert run(["fit", str(half), "--out", str(other), "--bootstraps", "100"]) == 0
    capsys.readouterr()
    made = answer(capsys, "fit", fitted, other, "--compare")
    assert rows_of(made, "fit.json")["runs"]["value"] == 120
    assert rows_of(made, "other.json")["runs"]["value"] == 60
    errors = {(row["subject"], row["label"]): row["value"] for row in made["rows"] if row["id"] == "error_on"}
    assert len(errors) == 4
    document = read_fit(str(fitted))
    e, log_a, log_b, alpha, beta = read_fit(str(other))["parametric"]["coefficients"]
    n, d, level = (np.array(document["data"]["values"][key]) for key in ("params", "tokens", "loss"))
    r = np.log(e + np.exp(log_a) / n**alpha + np.exp(log_b) / d**beta) - np.log(level)
    assert errors["other.json", "error on fit.json, in ln L"] == pytest.approx(float(np.sqrt(np.mean(r * r))), rel=1e-9)


# Failing, and being wrong


def test_a_fit_that_does_not_converge_is_exit_1_and_no_law(capsys, folder):
    rng = np.random.default_rng(14)
    n, d = np.repeat(np.geomspace(1e8, 1e10, 6), 6), np.tile(np.geomspace(1e9, 1e11, 6), 6)
    loss = (2 + 400 * n**-0.35) * (d / 1e10) ** 0.03 * np.exp(rng.normal(0, 0.001, 36))
    path, out = folder / "rising.csv", folder / "rising.json"
    rows = zip(n.tolist(), d.tolist(), loss.tolist(), strict=True)
    path.write_text("params,tokens,loss\n" + "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in rows))
    code, text, err = printed(capsys, "fit", path, "--method", "parametric", "--out", out, "--format", "json")
    assert code == 1
    assert "parametric did not converge: the data show no term B/D^beta" in err
    assert rows_of(json.loads(text), "parametric")["converged"]["value"] == 0
    code, _, err = printed(capsys, "calc", "--flops", "1e22", "--law", out)
    assert code == 2
    assert "did not converge, and is no law" in err
    assert printed(capsys, "predict", out, "--flops", "1e22")[0] == 1
    code, _, err = printed(capsys, "fit", path, "--method", "parametric", "--save", "rising")
    assert code == 1
    assert "not kept as a law, since it did not converge" in err
    assert "rising" not in printed(capsys, "laws")[1]
    assert printed(capsys, "design", out, "--flops", "1e22", "--spend", "1e20")[0] == 2


def few_runs(count, folder, flops=None):
    runs = synthetic(TRUTH, noise=0.01, seed=3, budgets=(1e19,) if flops else (1e18, 1e19, 1e20), each=count)
    path = folder / f"few-{count}-{bool(flops)}.csv"
    path.write_text("\n".join(csv_of(runs).splitlines()[: count + 1]) + "\n")
    return path


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("flops", [None, 1e19])
@pytest.mark.parametrize("method", ["all", "power"])
def test_few_runs_give_a_refusal_or_numbers_never_a_traceback(capsys, folder, count, flops, method):
    path = few_runs(count, folder, flops)
    code, out, err = printed(capsys, "fit", path, "--method", method, "--bootstraps", "200", "--format", "json")
    assert code in (0, 1, 2)
    if code == 2:
        assert out == ""
        assert "needs" in err or "add runs of other budgets" in err
    else:
        jsonschema.validate(json.loads(out), SCHEMA)
        assert "NaN" not in out
        assert "Infinity" not in out


def test_a_run_that_the_law_misses_is_named(capsys, runs_csv, folder):
    lines = runs_csv.read_text().splitlines()
    head, loss, _ = lines[20].rpartition(",")
    path = folder / "spoilt.csv"
    path.write_text("\n".join([*lines[:20], f"{head}{loss}9.0", *lines[21:]]) + "\n")
    made = answer(capsys, "fit", path, "--bootstraps", "0")
    (note,) = (note["text"] for note in made["notes"] if note["id"] == "residuals")
    assert "the law misses line 21 by -" in note
    assert rows_of(made, "parametric")["residual_spread"]["value"] == pytest.approx(0.01, rel=0.3)


def test_sizes_in_millions_are_asked_about(capsys, runs_csv, folder):
    head, *lines = runs_csv.read_text().splitlines()
    path = folder / "millions.csv"
    cells = [line.split(",") for line in lines]
    path.write_text("\n".join([head, *(f"{float(n) / 1e9},{d},{level}" for n, d, level in cells)]) + "\n")
    code, _, err = printed(capsys, "fit", path, "--method", "parametric")
    assert code == 2
    assert "parameters (is the column in millions or billions? write 17M, or the number in full)" in err


BAD = {
    "a fit for runs": (("fit", "FIT"), "FIT: is a fit, not runs (scaletui predict, or several with --compare)"),
    "a law for a fit": (("predict", "chinchilla-3", "--flops", "1e22"), "FIT: no fit is kept as 'chinchilla-3'"),
    "force without save": (("fit", "RUNS", "--force"), "--force: needs --save"),
    "nothing named": (("fit",), "FILE: no runs to fit (such as scaletui fit runs.csv, or scaletui fit --example)"),
    "no such file": (("fit", "nope.csv"), "nope.csv: cannot be read: No such file or directory"),
    "a file and the example": (("fit", "RUNS", "--example"), "FILE: --example has its own runs: drop one"),
    "one file twice": (("fit", "RUNS", "RUNS"), "RUNS: is named twice"),
    "lines of two files": (("fit", "RUNS", "FIT", "--exclude", "3"), "--exclude: names lines of one file"),
    "delta": (("fit", "RUNS", "--delta", "x"), "--delta: no number in 'x' (such as 1e-3, or auto)"),
    "delta, a range": (("fit", "RUNS", "--delta", "1e-3..1e-2"), "--delta: takes one number, not a range"),
    "delta of squares": (("fit", "RUNS", "--loss", "squared", "--delta", "1"), "--delta: is Huber's: squared has none"),
    "method": (("fit", "RUNS", "--method", "x"), "--method: must be one of parametric, isoflop, envelope, power, all"),
    "bootstraps": (("fit", "RUNS", "--bootstraps", "-1"), "--bootstraps: "),
    "out": (("fit", "RUNS", "--out", "fit.txt"), "--out: must end in .json, by which --law knows it"),
    "out and save": (("fit", "RUNS", "--out", "a.json", "--save", "a"), "--save: keeps the fit too: drop one"),
    "save": (("fit", "RUNS", "--save", "../a"), "--save: "),
    "compare one": (("fit", "FIT", "--compare"), "--compare: takes two or more, fits or laws"),
    "compare options": (("fit", "FIT", "FIT", "--compare", "--delta", "1"), "compares what was fitted before"),
    "envelope of final losses": (("fit", "RUNS", "--method", "envelope"), "RUNS: envelope needs training curves"),
    "predict nothing": (("predict", "FIT"), "nothing to predict (give --flops 1e25, or --params 70B --tokens 1.4T)"),
    "predict all three": (("predict", "FIT", "--flops", "1e22", "--params", "1B", "--tokens", "1B"),
                          "--flops: C follows from N and D: drop one of the three"),
    "predict no fit": (("predict",), "FIT: no fit named"),
    "predict no file": (("predict", "nope.json", "--flops", "1e22"), "FIT: nope.json: there is no such file"),
    "predict runs": (("predict", "RUNS", "--flops", "1e22"), ":1: is not JSON"),
    "design without money": (("design", "FIT", "--flops", "1e25"), "--spend: no compute for new runs"),
    "law of a missing file": (("calc", "--flops", "1e22", "--law", "nope.json"), "nope.json: there is no such file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_message_and_exit_2(capsys, name, runs_csv, fitted):
    words, message = BAD[name]
    paths = {"RUNS": str(runs_csv), "FIT": str(fitted)}
    code, out, err = printed(capsys, *(paths.get(word, word) for word in words))
    assert (code, out) == (2, "")
    assert message.replace("RUNS", str(runs_csv)).removeprefix("RUNS: ") in err or message.partition("RUNS: ")[2] in err
    assert "Traceback" not in err


DAMAGE = {
    "a list": (lambda d: [1], "is no fit of scaletui"),
    "another version": (lambda d: {**d, "schema": "scaletui.fit/9"}, "is of scaletui.fit/9, and this scaletui reads"),
    "no law": (lambda d: {k: v for k, v in d.items() if k in ("schema", "data")}, "holds no law"),
    "no data": (lambda d: {k: v for k, v in d.items() if k != "data"}, "'data' is not as a fit has it"),
    "four coefficients": (lambda d: changed(d, coefficients=[1, 2, 3, 4]), "'parametric' is not as a fit has it"),
    "E below 0": (lambda d: changed(d, coefficients=[-1, 2, 3, 0.3, 0.3]), "'parametric' is not as a fit has it"),
    "text in the sample": (lambda d: changed(d, sample=[["a"] * 5]), "'parametric' is not as a fit has it"),
    "a short row": (lambda d: changed(d, sample=[[1.0, 2.0]]), "'parametric' is not as a fit has it"),
    "runs of another count": (lambda d: {**d, "data": {**d["data"], "runs": 7}}, "'data' is not as a fit has it"),
}


def changed(document, **more):
    return {**document, "parametric": {**document["parametric"], **more}}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_fit_is_said_to_be(capsys, fitted, tmp_path, name):
    damage, message = DAMAGE[name]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(damage(json.loads(fitted.read_text()))))
    for words in (("predict", path, "--flops", "1e22"), ("calc", "--flops", "1e22", "--law", path)):
        code, out, err = printed(capsys, *words)
        assert (code, out) == (2, "")
        assert message in err


def test_numbers_that_json_does_not_know(capsys, fitted, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(fitted.read_text().replace('"objective": ', '"objective": NaN, "x": ', 1).replace("1.8", "NaN", 1))
    assert printed(capsys, "predict", path, "--flops", "1e22")[0] == 2


def test_a_fit_writes_whole_or_not_at_all(run_cli, runs_csv, tmp_path):
    target = tmp_path / "no" / "file"
    target.parent.mkdir()
    (tmp_path / "no" / "file").write_text("")
    done = run_cli("fit", str(runs_csv), "--bootstraps", "0", "--out", str(target / "fit.json"))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert [path.name for path in Path(tmp_path / "no").iterdir()] == ["file"]
