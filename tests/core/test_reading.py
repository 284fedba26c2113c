"""Reading runs: every format gives the same runs, curves of any length, and each bad input its one message."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.fitting import curve_reading, intake, jsonl, sources
from scaletui_core.fitting.reading import Read, ReadInputs, read_runs
from scaletui_core.fitting.records import runs_of

fixed = settings(derandomize=True, deadline=None, database=None, max_examples=60)
HEAD = "params,tokens,loss\n"


def read(text: str | bytes, **options: Any) -> Read:
    raw = text.encode() if isinstance(text, str) else text
    return read_runs("-", ReadInputs(**options), stdin=io.BytesIO(raw))


def error(text: str | bytes, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(text, **options)
    assert caught.value.exit_code == 2
    assert "\x1b" not in str(caught.value)
    return str(caught.value)


# --- every format, any order ---


def as_text(rows: list[dict[str, Any]], kind: str) -> str:
    if kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    if kind == "json":
        return json.dumps(rows, indent=1)
    file = io.StringIO()
    sign = {"csv": ",", "tsv": "\t", "semicolon": ";", "quoted": ","}[kind]
    quoting = csv.QUOTE_ALL if kind == "quoted" else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(file, list(rows[0]), delimiter=sign, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


numbers = st.floats(1e3, 1e13, allow_nan=False)
tables = st.lists(st.tuples(numbers, numbers, st.floats(0.1, 20.0)), min_size=1, max_size=12)
formats = st.sampled_from(["csv", "tsv", "semicolon", "quoted", "jsonl", "json"])


@fixed
@given(tables, formats, st.permutations(["params", "tokens", "loss", "notes"]), st.randoms(use_true_random=False))
def test_every_format_in_any_order_of_rows_and_columns_gives_the_same_runs(
    table: list[tuple[float, float, float]], kind: str, order: list[str], random: Any
) -> None:
    rows = [dict(zip(("params", "tokens", "loss"), row, strict=True), notes="a, b; c") for row in table]
    random.shuffle(rows)
    made = read(as_text([{name: row[name] for name in order} for row in rows], kind)).runs
    assert made.digest == runs_of(*zip(*table, strict=True)).digest
    assert made.derived == "flops"


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolon", "quoted", "jsonl", "json"])
@pytest.mark.parametrize("given_", ["params tokens", "params flops", "tokens flops", "params tokens flops"])
def test_any_two_of_n_d_and_c_give_the_third(kind: str, given_: str) -> None:
    row = {"params": 1e9, "tokens": 2e10, "flops": 1.2e20}
    made = read(as_text([{name: row[name] for name in given_.split()} | {"loss": 2.5}], kind)).runs
    assert (made.params[0], made.tokens[0], made.flops[0]) == pytest.approx((1e9, 2e10, 1.2e20), rel=1e-15)
    missing = set(row) - set(given_.split())
    assert made.derived == "".join(missing)


def test_two_of_three_may_differ_from_row_to_row() -> None:
    made = read("params,tokens,flops,loss\n1e8,2e9,,3\n,2e9,1.2e19,2.9\n3e8,,3.6e18,2.8\n").runs
    assert made.tokens == pytest.approx([2e9, 2e9, 2e9])
    assert made.params == pytest.approx([1e8, 3e8, 1e9])
    assert "are empty: two of N, D and C are needed" in error("params,tokens,flops,loss\n1e8,,,3\n")


def test_cells_may_be_quantities() -> None:
    made = read('Model Size,D,C,L\n70B,1.4T,5.76e23,1.9\n"1,000",2_000,0.1 PF-day,3 nats\n').runs
    assert made.params.tolist() == [1000.0, 70e9]
    assert made.tokens.tolist() == [2000.0, 1.4e12]
    assert made.flops.tolist() == [8.64e18, 5.76e23]
    assert made.loss.tolist() == [3.0, 1.9]


@pytest.mark.parametrize("name", ["params", "N", "Model Size", "n_params", "PARAMETERS", "non_embedding_params"])
def test_n_is_known_by_its_names(name: str) -> None:
    assert read(f"{name},tokens,loss\n1e8,2e9,3\n").runs.params.tolist() == [1e8]


@pytest.mark.parametrize("name", ["loss", "final_loss", "val_loss", "Validation Loss", "eval/loss", "train/loss"])
def test_the_loss_is_known_by_its_names(name: str) -> None:
    assert read(f"params,Training Tokens,{name}\n1e8,2e9,3\n").runs.loss.tolist() == [3.0]


def test_columns_are_mapped_in_any_case() -> None:
    text = "width,seen,my/Loss,loss\n1e8,2e9,3,9\n"
    made = read(text, params_col="Width", tokens_col="seen", loss_col="my/loss")
    assert made.runs.loss.tolist() == [3.0]
    assert made.columns == (("params", "width"), ("tokens", "seen"), ("loss", "my/Loss"))


def test_the_options_derive_from_the_declaration() -> None:
    texts = {"params_col": "Model Size", "tokens_per_step": "2M", "run_params": ["a=70M,b=1B"], "skip_bad": True}
    made = parse_inputs(ReadInputs, texts)
    assert made == ReadInputs(
        params_col="Model Size", tokens_per_step=2e6, run_params=("a=70M", "b=1B"), skip_bad=True
    )  # fmt: skip


def test_the_declaration_needs_no_numpy() -> None:
    """The command line makes options of it, also for commands that read nothing."""
    code = "import sys, scaletui_core.fitting.read_inputs; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_byte_order_mark_crlf_comments_blank_lines_and_no_last_line_end() -> None:
    made = read(b"\xef\xbb\xbf# truth\r\n\r\nparams;tokens;loss\r\n1e8;2e9;3\r\n\r\n2e8;4e9;2.9").runs
    assert made.params.tolist() == [1e8, 2e8]
    assert made.lines.tolist() == [4, 6]
    assert read(b"params,tokens,loss\r1e8,2e9,3\r").runs.count == 1


def test_lines_are_right_behind_cells_of_several_lines() -> None:
    text = 'name,notes,params,tokens,loss\na,"x\ny ""z""",1e8,2e9,3\nb,"",2e8,4e9,2.9\nc,-,3e8,4e9,oops\n'
    assert "stdin:5: column 'loss': 'oops'" in error(text)
    made = read(text, skip_bad=True).runs
    assert (made.lines.tolist(), made.names) == ([2, 4], ("a", "b"))


def test_a_file_by_name(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(HEAD + "1e8,2e9,3\n")
    made = read_runs(str(file)).runs
    assert (made.count, made.file) == (1, str(file))


def test_the_chinchilla_runs(data_folder: Path) -> None:
    made = read_runs(str(data_folder / "chinchilla_runs.csv"))
    assert made.curves is None
    assert made.runs.count == 245
    assert not {fault.kind for fault in made.runs.faults} & {"bad", "flops"}


def test_parquet_without_pyarrow_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.parquet"
    file.write_bytes(b"PAR1\x00\x15\x04")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="needs the package pyarrow") as caught:
        read_runs(str(file))
    assert caught.value.where == str(file)
    assert "pipe" in error(b"PAR1\x00\x15\x04")


def test_parquet_by_a_stand_in_for_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the few names of pyarrow's interface that are used; the real one is not installed here."""
    columns = {"N": [1e8, 2e8], "D": [2e9, None], "flops": [None, 4.8e18], "loss": [3.0, 2.9]}

    class Column(list):  # type: ignore[type-arg]
        def to_pylist(self) -> list[Any]:
            return list(self)

    class ParquetFile:
        schema_arrow = types.SimpleNamespace(names=list(columns))

        def __init__(self, path: str) -> None:
            assert Path(path).read_bytes() == b"PAR1\0"

        def iter_batches(self, batch_size: int) -> Any:
            yield types.SimpleNamespace(num_rows=2, columns=[Column(cells) for cells in columns.values()])

    module = types.ModuleType("pyarrow.parquet")
    module.ParquetFile = ParquetFile  # type: ignore[attr-defined]
    package = types.ModuleType("pyarrow")
    package.parquet = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyarrow", package)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", module)
    file = tmp_path / "runs.parquet"
    file.write_bytes(b"PAR1\0")
    made = read_runs(str(file)).runs
    assert made.tokens == pytest.approx([2e9, 4e9])


# --- exports ---


def test_a_table_of_runs_from_wandb() -> None:
    text = (
        '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","n_params","tokens","_step","eval/loss"\n'
        '"gpt-a","finished","-","me","","2024-01-01T00:00:00.000Z","3600","","0.001","70000000","1.4e9","100","3.1"\n'
        '"gpt-b","crashed","two\nlines","me","","2024-01-01T00:00:00.000Z","1","","0.001","160000000","","100",""\n'
    )
    assert "stdin:3: column 'tokens' is empty: two of N, D and C are needed" in error(text)
    made = read(text, skip_bad=True)
    assert made.curves is None
    assert (made.runs.names, made.runs.params.tolist(), made.runs.loss.tolist()) == (("gpt-a",), [7e7], [3.1])
    assert [(fault.line, fault.kind) for fault in made.runs.faults] == [(3, "bad")]


WIDE = (
    '"Step","a-70M - loss","a-70M - loss__MIN","a-70M - loss__MAX",'
    '"b-1.5B - loss","b-1.5B - loss__MIN","b-1.5B - loss__MAX"\n'
    '"0","11","11","11","","",""\n'
    '"100","4","4","4","5","5","5"\n'
    '"200","3.5","3","4","NaN","",""\n'
    '"300","","","","4.5","",""\n'
)


def test_a_chart_from_wandb_with_n_in_the_names() -> None:
    made = read(WIDE, tokens_per_step=1e8, run_params=("names",))
    assert made.curves is not None
    assert (made.curves.names, made.curves.params.tolist()) == (("a-70M", "b-1.5B"), [7e7, 1.5e9])
    assert made.curves.starts.tolist() == [0, 2, 4]
    assert made.curves.tokens == pytest.approx([1e10, 2e10, 1e10, 3e10], rel=1e-12)
    assert made.curves.loss == pytest.approx([4.0, 3.5, 5.0, 4.5], rel=1e-12)
    assert made.runs.loss == pytest.approx([3.5, 4.5], rel=1e-12)
    assert made.runs.tokens.tolist() == [2e10, 3e10]
    kinds = {fault.kind: fault for fault in made.runs.faults}
    assert set(kinds) == {"nan", "start"}
    assert kinds["nan"].line == 4
    assert "b-1.5B" in kinds["nan"].reason


def test_a_chart_from_wandb_says_what_it_lacks() -> None:
    assert "--tokens-per-step" in error(WIDE, run_params=("names",))
    assert "--run-params" in error(WIDE, tokens_per_step=1e8)
    assert "run 'b-1.5B' has no N (say --run-params 'b-1.5B=70M')" in error(
        WIDE, tokens_per_step=1e8, run_params=("a-70M=70M",)
    )
    assert "did you mean a-70M?" in error(WIDE, tokens_per_step=1e8, run_params=("1B", "a-7OM=70M"))
    other = WIDE.replace(" - loss", " - perplexity")
    assert "they are 'perplexity'" in error(other, tokens_per_step=1e8, run_params=("names",))
    assert "a chart has no column of N" in error(WIDE, params_col="N", tokens_per_step=1e8, run_params=("1B",))


def test_a_chart_over_time_uses_the_steps_of_each_run() -> None:
    text = "Relative Time (Process),r - _step,r - _step__MIN,r - _step__MAX,r - loss\n0.5,10,10,10,4\n0.9,20,20,20,3\n"
    made = read(text, tokens_per_step=1e9, run_params=("70M",))
    assert made.runs.tokens.tolist() == [2e10]
    assert made.columns == (("step", "r - _step"), ("loss", "r - loss"))


def test_a_scalar_from_tensorboard(tmp_path: Path) -> None:
    file = tmp_path / "gpt-70M.csv"
    file.write_text("Wall time,Step,Value\n1700000000.1,0,11.0\n1700000001.2,1000,4.0\n1700000002.3,2000,3.5\n")
    made = read_runs(str(file), ReadInputs(tokens_per_step=1e6, run_params=("names",)))
    assert (made.runs.names, made.runs.params.tolist()) == (("gpt-70M",), [7e7])
    assert made.runs.tokens.tolist() == [2e9]
    assert made.runs.loss == pytest.approx([3.5], rel=1e-12)
    with pytest.raises(InputError, match="--run-params 70M, or --tokens-per-step"):
        read_runs(str(file))


def test_the_history_of_one_run_has_rows_without_a_loss() -> None:
    text = "".join(
        json.dumps({"_step": step, "lr": 0.1} | ({"train/loss": 5 / step} if step % 2 else {})) + "\n"
        for step in range(1, 8)
    )
    made = read(text, tokens_per_step=1e6, run_params=("1M",))
    assert made.rows == 4
    assert made.runs.tokens.tolist() == [7e6]
    assert [(fault.kind, fault.line) for fault in made.runs.faults] == [("missing", 2)]


def documented() -> list[tuple[str, str]]:
    """The examples of docs/runs.md: the options and the text of each."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "runs.md").read_text()
    found = re.findall(r"[Rr]ead with (?:no option|`([^`]*)`):\n\n```(?:csv|json)\n(.*?)```", page, re.DOTALL)
    assert len(found) == page.count("```") // 2 == 7
    return found


@pytest.mark.parametrize(("words", "text"), documented())
def test_the_examples_of_the_docs_are_read_as_they_say(words: str, text: str) -> None:
    """All say the same: 70M on 1.4B tokens to 3.75, and all but those of one run 160M on 3.2B to 3.41."""
    options = words.split()
    texts = {option[2:].replace("-", "_"): value for option, value in zip(options[::2], options[1::2], strict=True)}
    made = read_runs("-", parse_inputs(ReadInputs, texts), stdin=io.BytesIO(text.encode())).runs
    assert made.params.tolist() == [7e7, 1.6e8][: made.count]
    assert made.tokens == pytest.approx([1.4e9, 3.2e9][: made.count], rel=2e-3)
    assert made.loss == pytest.approx([3.75, 3.41][: made.count], rel=0.02)


# --- curves ---


def curve_text(runs: int, rows: int, noise: float, seed: int, shuffle: bool = False) -> tuple[str, dict[str, float]]:
    """Curves of a known law, and the loss without noise at the end of each."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    lines, ends = [], {}
    for run in range(runs):
        n = 10.0 ** rng.uniform(7, 9)
        d = 1e6 * np.arange(1, rows + 1)
        truth = 1.8 + 480.0 / n**0.35 + 2085.0 / d**0.366
        ends[f"r{run}"] = float(truth[-1])
        loss = truth * (1.0 + noise * rng.standard_normal(rows))
        lines += [f"r{run},{n!r},{tokens:.0f},{level!r}" for tokens, level in zip(d, loss.tolist(), strict=True)]
    if shuffle:
        rng.shuffle(lines)
    return "run,params,tokens,loss\n" + "\n".join(lines) + "\n", ends


def test_the_final_loss_of_a_curve_without_noise_is_its_end() -> None:
    """The bias of smoothing is below 1e-4 of what can be lowered, as the docstring says."""
    text, ends = curve_text(4, 20_000, 0.0, 3)
    made = read(text)
    for name, loss, n in zip(made.runs.names, made.runs.loss, made.runs.params, strict=True):
        reducible = ends[name] - 1.8 - 480.0 / n**0.35
        assert loss == pytest.approx(ends[name], abs=1e-4 * reducible)
    assert not made.runs.faults


def test_the_final_loss_of_a_noisy_curve_is_near_its_end() -> None:
    text, ends = curve_text(8, 20_000, 0.02, 4)
    made = read(text)
    for name, loss in zip(made.runs.names, made.runs.loss, strict=True):
        assert loss == pytest.approx(ends[name], rel=0.004)  # 2% over some 600 rows, twice as much at an end: 5 sigma
    assert made.curves is not None
    jumps = np.abs(np.diff(made.curves.loss[made.curves.starts[0] : made.curves.starts[1]][-100:]))
    assert jumps.max() < 0.005


def test_curves_rise_in_tokens_and_are_bounded() -> None:
    d = np.geomspace(1e3, 1e15, 30_000)
    text = "run,params,tokens,loss\n" + "".join(f"a,1e8,{tokens!r},{3 + 1e3 / tokens!r}\n" for tokens in d.tolist())
    curves = read(text).curves
    assert curves is not None
    assert 1000 < len(curves.tokens) <= curve_reading.MOST_POINTS
    assert (np.diff(curves.tokens) > 0).all()
    assert curves.flops == pytest.approx(6e8 * curves.tokens)


def test_curves_do_not_depend_on_the_order_of_rows_or_on_how_they_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = curve_text(3, 4000, 0.01, 5)
    mixed, _ = curve_text(3, 4000, 0.01, 5, shuffle=True)
    plain, shuffled = read(text), read(mixed)
    assert plain.runs.digest == shuffled.runs.digest
    monkeypatch.setattr(sources, "BLOCK", 5000)
    monkeypatch.setattr(intake, "_TOGETHER", 700)
    assert plain.curves is not None
    for small in (read(text), read(mixed)):
        assert small.curves is not None
        assert small.rows == plain.rows == 12_000
        assert small.curves.names == plain.curves.names
        assert small.curves.tokens == pytest.approx(plain.curves.tokens, rel=1e-12)
        assert small.curves.loss == pytest.approx(plain.curves.loss, rel=1e-12)


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_blocks_of_any_size_read_the_same(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'name,params,tokens,loss\n"a\nb",1e8,2e9,3\n"é, ""x""",2e8,4e9,2.9\nc,3e8,4e9,2.8\n\n'
    whole = read(text).runs
    monkeypatch.setattr(sources, "BLOCK", block)
    head = text.encode()[:block].strip()
    assert head
    made = read(text).runs
    assert (made.digest, made.names, made.lines.tolist()) == (whole.digest, whole.names, [2, 4, 5])


def test_runs_that_come_once_are_final_losses_and_rows_may_be_said() -> None:
    text = "model,run,params,tokens,loss\nx,a,1e8,2e9,3\nx,b,1e8,4e9,2.9\n"
    assert read(text).curves is None
    again = "run,params,tokens,loss\na,1e8,2e9,3\na,1e8,4e9,2.9\n"
    assert read(again).runs.count == 1
    final = read(again, rows="final")
    assert (final.curves, final.runs.count) == (None, 2)
    once = read(text, rows="curves").curves
    assert once is not None
    assert once.starts.tolist() == [0, 1, 2]


def test_c_of_curves_is_kept_where_it_is_given() -> None:
    made = read("run,params,tokens,flops,loss\na,1e9,2e10,1.22e20,3\na,1e9,4e10,2.44e20,2.9\n")
    assert made.curves is not None
    assert made.curves.flops == pytest.approx([1.22e20, 2.44e20])
    assert made.runs.flops.tolist() == [2.44e20]


def test_steps_without_runs_are_not_guessed_to_be_curves() -> None:
    text = "params,step,tokens,loss\n1e8,1,1e9,3\n1e8,2,2e9,2.9\n2e8,1,1e9,2.8\n"
    assert "--rows curves or --rows final" in error(text)
    made = read(text, rows="curves")
    assert (made.runs.names, made.runs.count) == (("N = 1e+08", "N = 2e+08"), 2)
    assert read(text, rows="final").runs.count == 3


def test_curves_that_are_none() -> None:
    same = "run,params,tokens,step,loss\na,1e8,2e9,1,3\na,1e8,2e9,2,2.9\n"
    assert "several rows, all with the same tokens (say --tokens-per-step" in error(same)
    assert read(same, tokens_per_step=1e9).runs.tokens.tolist() == [2e9]
    two = "run,params,tokens,loss\na,1e8,2e9,3\na,2e8,3e9,2.9\n"
    assert "stdin:3: run 'a' has N from 1e+08 to 2e+08; a curve has one" in error(two)


# --- what is odd ---


def test_spikes_are_flagged_where_they_begin() -> None:
    text, _ = curve_text(2, 5000, 0.01, 6)
    lines = text.splitlines()
    assert not read(text).runs.faults
    run, params, tokens, _loss = lines[3000].split(",")
    lines[3000] = f"{run},{params},{tokens},9.5"
    faults = read("\n".join(lines)).runs.faults
    assert [(fault.line, fault.kind) for fault in faults] == [(3001, "spike")]
    assert "run 'r0' has a loss of 9.5, after about" in faults[0].reason


def test_duplicates_and_d_below_n_and_c_that_is_not_6nd() -> None:
    text = "params,tokens,flops,loss\n1e9,2e10,1.2e20,3\n2e9,1e9,1.2e19,4\n1e9,2e10,1.2e20,3\n1e9,3e10,9e20,2.9\n"
    made = read(text).runs
    assert made.count == 4
    assert made.flops.max() == 9e20
    assert [(fault.kind, fault.line) for fault in made.faults] == [("d-below-n", 3), ("duplicate", 4), ("flops", 5)]


def test_duplicates_in_a_curve() -> None:
    made = read("run,params,tokens,loss\na,1e8,1e9,3\na,1e8,2e9,2.9\na,1e8,2e9,2.8\n").runs
    assert [(fault.kind, fault.line) for fault in made.faults] == [("duplicate", 4)]
    assert made.loss == pytest.approx([2.85])


def test_faults_are_bounded() -> None:
    made = read(HEAD + "".join(f"1e9,{1000 + row},3\n" for row in range(500))).runs
    below = [fault for fault in made.faults if fault.kind == "d-below-n"]
    assert [fault.line for fault in below] == [*range(2, 52), 0]
    assert below[-1].reason == "and 450 more"


def test_bad_rows_are_listed_and_left_out_only_when_asked() -> None:
    text = HEAD + "1e8,2e9,3\n0,2e9,3\n1e8,-5,3\n1e8,2e9,nan\n1e8,2e9,inf\n1e8,2e9,\n1e8,x,3\n1e8,2e9\n1e8,2e9,0\n"
    said = error(text)
    assert said == (
        "stdin: 8 rows cannot be used; line 3: column 'params': 0 must be above 0; line 4: column 'tokens': '-5' "
        "must be above 0; line 5: column 'loss' is NaN or infinite; and 5 more (--skip-bad leaves such rows out)"
    )
    made = read(text, skip_bad=True).runs
    assert (made.count, made.lines.tolist()) == (1, [2])
    assert [fault.line for fault in made.faults if fault.kind == "bad"] == [3, 4, 5, 6, 7, 8, 9, 10]
    reasons = {fault.line: fault.reason for fault in made.faults}
    assert reasons[7] == "column 'loss' is empty"
    assert reasons[9] == "2 columns, and the first line has 3"


def test_a_file_of_nothing_but_bad_rows() -> None:
    assert "none of its rows can be used; line 2: column 'loss': 'x'" in error(HEAD + "1e8,2e9,x\n", skip_bad=True)
    assert "more than 10,000 rows cannot be used" in error(HEAD + "1e8,2e9,x\n" * 50_000)


# --- bad input ---

BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "stdin: is empty"),
    "blank": ("\n \n", "stdin: is empty"),
    "header only": (HEAD, "stdin: has no rows"),
    "comments only": ("# a\n# b\n", "stdin: holds nothing but comments"),
    "no header": ("1e8,2e9,3\n2e8,4e9,2.9\n", "stdin:1: the first line holds numbers; it must name the columns"),
    "zero": (HEAD + "1e8,0,3\n", "stdin:2: column 'tokens': 0 must be above 0"),
    "negative": (HEAD + "1e8,2e9,-3\n", "stdin:2: column 'loss': '-3' must be above 0"),
    "mixed delimiters": (HEAD + "1e8;2e9;3\n", "1 column, and the first line has 3: this one is split by semicolon"),
    "mixed in the header": ("params,tokens;loss\n1,2;3\n", "the line is split by comma, and has semicolon too"),
    "ragged": (HEAD + "1e8,2e9,3,4\n", "stdin:2: 4 columns, and the first line has 3"),
    "UTF-16": ((HEAD + "1,2,3\n").encode("utf-16"), "stdin:1: is UTF-16 or UTF-32 text (save it as UTF-8)"),
    "UTF-16 without a mark": ((HEAD + "1,2,3\n").encode("utf-16-be"), "stdin:1: is UTF-16 or UTF-32 text"),
    "Latin-1": ("params,tokens,löss\n".encode("latin-1"), "stdin:1: column 16 has the byte 0xf6, which is not UTF-8"),
    "binary": (bytes(range(256)) * 9000, "stdin:1: column 1 has a NUL byte: it is not text"),
    "NUL": (HEAD + "1e8,2\x009,3\n", "stdin:2: column 6 has a NUL byte"),
    "compressed": (b"\x1f\x8b\x08\x00abc", "stdin: is compressed"),
    "workbook": (b"PK\x03\x04abc", "stdin: is a workbook or an archive"),
    "escape in a name": ("params,tokens,\x1b[31mloss\n1,2,3\n", r"'\x1b[31mloss'"),
    "escape in a cell": (HEAD + "1e8,2e9,\x1b[31mx\n", r"stdin:2: column 'loss': '\x1b[31mx'"),
    "escape in a run": ("run,params,tokens,loss\n\x1b[3m,1e8,2e9,3\n\x1b[3m,2e8,3e9,3\n", r"run '\x1b[3m' has N from"),
    "too many columns": ("a," * 20_000 + "b\n", "stdin:1: 20,001 columns (at most 20,000 are read)"),
    "no loss": ("params,tokens\n1,2\n", "is known to be the loss; the columns are 'params', 'tokens' (say --loss-col"),
    "N alone": ("params,loss\n1e8,3\n", "two of N, D and C are needed, and only N is known; the columns are"),
    "two losses": ("params,tokens,loss,val_loss\n", "'loss' and 'val_loss' could each be the loss (say --loss-col"),
    "two of one name": ("params,tokens,loss,loss\n1,2,3,4\n", "'loss' and 'loss' could each be the loss (rename one)"),
    "open quote": (HEAD + '"1e8,2e9,3\n' + "1e8,2e9,3\n" * 150_000, "stdin:2: a double quote that begins here"),
    "long cell": (HEAD + '1e8,2e9,"' + "9" * 200_000 + '"\n', "stdin:2: a cell of more than 131,072 characters"),
    "long line": (HEAD + "1e8,2e9,3\n" + "9" * 1_100_000 + "\n1e8\n", "stdin:3: a line of more than a million bytes"),
    "carriage return": (HEAD + "1e8,2e9,3\r4,5\n", "stdin:2: a carriage return within a line"),
    "decimal commas": ("params;tokens;loss\n1e8;2e9;3,1\n", "stdin:2: column 'loss': '3,1'"),
    "range": (HEAD + "1e8..2e8,2e9,3\n", "'1e8..2e8' is a range, not a number"),
    "wrong unit": (HEAD + "1e8 tokens,2e9,3\n", "stdin:2: column 'params': '1e8 tokens'"),
    "too large": (HEAD + "1e200,1e200,3\n", "stdin:2: N, D, C or the loss is too large or too small"),
    "empty run": ("run,params,tokens,loss\n ,1e8,2e9,3\n", "stdin:2: column 'run' is empty"),
    "broken JSON line": ('{"N":1,"D":2,"loss":3}\n{"N":}\n', "stdin:2: is not a JSON object: Expecting value, at"),
    "JSON line of a list": ('{"params":1,"tokens":2,"loss":3}\n[1]\n', "stdin:2: is not a JSON object"),
    "broken JSON array": ('[{"params":1e8},\n {"loss":]', "stdin:2: is not JSON: Expecting value, at column 10"),
    "open JSON array": ('[{"params":1e8}', "the array is not closed"),
    "behind a JSON array": ("[{}] x", "something stands behind the array"),
    "JSON array of numbers": ("[1]", "stdin:1: is not a JSON object, at column 2"),
    "empty JSON array": ("[]", "stdin: holds no JSON objects"),
    "deep JSON": ("[" * 100_000, "nested too deeply"),
    "long JSON number": ('{"params":' + "1" * 5000 + ',"tokens":1,"loss":3}\n', "a number too long"),
    "JSON of other kinds": ('{"N":true,"D":[1],"loss":3}\n', "stdin:1: column 'N': 'True' is not a number"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_has_one_clear_message(case: str) -> None:
    text, wanted = BAD[case]
    said = error(text)
    assert wanted in said
    assert len(said) < 600


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"params_col": "Model Sise"}, "no column is called 'Model Sise' (did you mean Model Size?)"),
        ({"loss_col": "tokens", "tokens_col": "tokens"}, "--loss-col: --tokens-col names that column too"),
        ({"tokens_per_step": 2.0, "tokens_col": "tokens"}, "--tokens-per-step: goes without --tokens-col"),
        ({"tokens_per_step": 2.0}, "no column is known to be the step"),
        ({"run_params": ("70M",)}, "--run-params: the column 'Model Size' says what N is"),
        ({"run_params": ("x",)}, "--run-params: no number in 'x'"),
        ({"delimiter": "tab"}, "no column is known to be the loss"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(options: dict[str, Any], wanted: str) -> None:
    assert wanted in error("Model Size,tokens,loss\n1e8,2e9,3\n", **options)


def test_names_of_runs_without_a_size() -> None:
    text = "run,tokens,loss\nbase,2e9,3\n"
    assert "the name of run 'base' has no number such as 70M" in error(text, run_params=("names",))
    two = text.replace("base", "70M-1.4B")
    assert "more than one number" in error(two, run_params=("names",))
    assert read(two, run_params=("70M-1.4B=70M",)).runs.params.tolist() == [7e7]
    assert "there is no column of runs" in error("tokens,loss\n2e9,3\n", run_params=("names",))
    assert read("tokens,loss\n2e9,3\n", run_params=("70M",)).runs.params.tolist() == [7e7]


@pytest.mark.parametrize("path", ["no-such-file.csv", "", "a\0b", "x\x1b[31m.csv"])
def test_files_that_are_not_there(path: str) -> None:
    with pytest.raises(InputError) as caught:
        read_runs(path)
    assert "\x1b" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_folder_and_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, not a file"):
        read_runs(str(tmp_path))
    file = tmp_path / "runs.csv"
    file.write_text(HEAD)
    file.chmod(0)
    if not os.access(file, os.R_OK):
        with pytest.raises(InputError, match="cannot be read: Permission denied"):
            read_runs(str(file))


def test_nothing_piped_in() -> None:
    with pytest.raises(InputError, match="stdin: nothing is piped in"):
        read_runs("-")
    primary, secondary = os.openpty()
    with os.fdopen(secondary, "rb", buffering=0) as terminal, pytest.raises(InputError, match="nothing is piped in"):
        read_runs("-", stdin=terminal)
    os.close(primary)


def test_a_line_without_an_end_fails_early() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return b"1" * size

    stream = Endless()
    with pytest.raises(InputError, match="stdin:1: a line of more than a million bytes"):
        read_runs("-", stdin=stream)  # type: ignore[arg-type]
    assert stream.given < 4 << 20


def test_an_array_on_one_long_line_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"N": 1e8 + row, "D": 2e9, "loss": 3.0, "note": "x" * 100} for row in range(12_000)]
    text = json.dumps(rows)
    assert len(text) > sources.LONGEST_LINE
    assert read(text).runs.count == 12_000
    monkeypatch.setattr(jsonl, "LARGEST_ARRAY", 1_000_000)
    assert error(text).startswith("stdin: an array of more than 1,000,000 bytes (write one object a line")


def test_a_stream_that_breaks() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match="stdin: cannot be read: Input/output error"):
        read_runs("-", stdin=Broken())  # type: ignore[arg-type]


@settings(fixed, max_examples=300)
@given(st.binary(max_size=200) | st.text(alphabet='param,tokensl;\t\n"1e8-.{}[]:#\r ', max_size=120).map(str.encode))
def test_no_bytes_give_anything_but_our_error(raw: bytes) -> None:
    for before in (b"", b"run,params,tokens,loss\n", b'{"params":1,"tokens":2,"loss":3}\n'):
        for options in (ReadInputs(), ReadInputs(skip_bad=True, rows="curves")):
            try:
                made = read_runs("-", options, stdin=io.BytesIO(before + raw))
            except InputError:
                continue
            for values in (made.runs.params, made.runs.tokens, made.runs.flops, made.runs.loss):
                assert (np.isfinite(values) & (values > 0)).all()


def test_memory_does_not_grow_with_the_rows_of_curves() -> None:
    """In a process of its own: the peak over 1.6 million rows is near that over 0.4 million."""
    code = """
import io, resource, sys
from scaletui_core.fitting.reading import read_runs
class Rows(io.RawIOBase):
    def __init__(self, count):
        self.parts = (self.part(start) for start in range(0, count, 1000))
        self.rest = b"run,params,tokens,loss\\n"
    def part(self, start):
        rows = range(start % 200000 + 1, start % 200000 + 1001)
        return "".join(f"r{start // 200000},1e8,{row * 1000000},3.25\\n" for row in rows).encode()
    def read(self, size=-1):
        while len(self.rest) < size and (part := next(self.parts, b"")):
            self.rest += part
        out, self.rest = self.rest[:size], self.rest[size:]
        return out
read = read_runs("-", stdin=Rows(int(sys.argv[1])))
assert read.rows == int(sys.argv[1]) and abs(read.runs.loss - 3.25).max() < 1e-9
if sys.platform == "linux":  # ru_maxrss would be that of the tests' own process, if that is larger
    status = open("/proc/self/status").read()
    print(int(status[status.index("VmHWM:") + 6 :].split()[0]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    few, many = (
        int(subprocess.run([sys.executable, "-c", code, rows], capture_output=True, check=True, text=True).stdout)
        for rows in ("400000", "1600000")
    )
    assert many < few + 60e6
    assert many < 400e6
