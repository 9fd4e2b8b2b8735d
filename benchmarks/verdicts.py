"""How good the verdicts are: the detector before the benchmark of labelled deploys.

    .venv/bin/python benchmarks/verdicts.py --detbench PATH

PATH holds score.py and, in its folder data, the labelled cases. Cases that are not there
are drawn. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.judging import tables
from benchmarks.judging.bench import Bench, Wanted, must_have_scorer, prepare
from benchmarks.judging.environment import (
    BenchmarkError,
    ask,
    python_with,
    run,
)

SENSITIVITIES = ("fine", "normal", "coarse")
DETECTOR = "benchmarks.verdicts_detector"
ALL_CASES = 10**9


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge and print; return the exit code."""
    options = parse(arguments)
    wanted = Wanted(**{each.name: getattr(options, each.name) for each in fields(Wanted)})
    try:
        must_have_scorer(wanted.detbench)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        made = judge(options, wanted)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps(made, indent=1))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--detbench", type=resolved, required=True, metavar="PATH", help="the benchmark's folder")
    add("--split", default="dev", help="which of its cases (dev)")
    add("--sensitivity", choices=SENSITIVITIES, default="normal")
    add("--cases", type=int, default=0, metavar="N", help="judge the first N, or draw N")
    add("--half", choices=("choose", "report"), default="", help="every other case of each family")
    add("--own", action="store_true", help="draw cases even if the folder has some")
    add("--real", type=resolved, metavar="DIR", help="public series to draw backgrounds from")
    add("--drawn", type=resolved, metavar="DIR", help="where drawn cases are kept and found again")
    add("--json", type=Path, metavar="FILE", help="write all measures there")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sensitivities", action="store_true", help="compare all sensitivities")
    which.add_argument("--ablate", action="store_true", help="leave out each part of the method")
    which.add_argument("--long", action="store_true", help="looks of a day, on drawn cases")
    options = parser.parse_args(arguments)
    options.split = "long" if options.long else options.split
    return options


def resolved(text: str) -> Path:
    """Return an absolute path."""
    return Path(text).expanduser().resolve()


def judge(options: argparse.Namespace, wanted: Wanted) -> dict[str, Any]:
    """Do what the command line asks for, print it and return all measures."""
    python = python_with(wanted.detbench / "requirements.txt")
    with tempfile.TemporaryDirectory(prefix="verdicts-") as name:
        room = Path(name)
        bench = prepare(wanted, python, room)
        print(bench.sentence(), flush=True)
        return {"cases": bench.sentence(), **kind_of(options)(options, bench, python, room)}


Judge = Callable[[argparse.Namespace, Bench, Path, Path], dict[str, Any]]


def kind_of(options: argparse.Namespace) -> Judge:
    """Return what is to be done with the cases."""
    if options.long:
        return judge_long
    if options.sensitivities:
        return judge_sensitivities
    return judge_ablation if options.ablate else judge_once


def judge_once(
    options: argparse.Namespace, bench: Bench, python: Path, room: Path
) -> dict[str, Any]:
    """Print what is reached beside what is asked for."""
    made = scored(bench, python, room, {"sensitivity": options.sensitivity})
    show(f"Sensitivity {options.sensitivity}", tables.goals(made["overall"]))
    show("By family of backgrounds", tables.families(made["families"]))
    return {"sensitivity": options.sensitivity, **made}


def judge_sensitivities(
    options: argparse.Namespace, bench: Bench, python: Path, room: Path
) -> dict[str, Any]:
    """Print false alarms and times to detect of each sensitivity."""
    made = {name: scored(bench, python, room, {"sensitivity": name}) for name in SENSITIVITIES}
    show("Looks of the first hour", tables.sensitivities(made))
    return {"sensitivities": made}


def judge_ablation(
    options: argparse.Namespace, bench: Bench, python: Path, room: Path
) -> dict[str, Any]:
    """Print what is left of the measures without each part of the method."""
    whole = {"sensitivity": options.sensitivity}
    made = {"whole": scored(bench, python, room, whole)}
    for switch in json.loads(ask(python, ["-m", DETECTOR])):
        name = f"without {switch.removeprefix('use_')}"
        made[name] = scored(bench, python, room, {**whole, "off": [switch]})
    if len(made) == 1:
        print("The detector has no part that can be left out.")
    show(
        f"Sensitivity {options.sensitivity}",
        tables.ablation({name: each["overall"] for name, each in made.items()}),
    )
    return {"sensitivity": options.sensitivity, "variants": made}


def judge_long(
    options: argparse.Namespace, bench: Bench, python: Path, room: Path
) -> dict[str, Any]:
    """Print the measures of looks up to a day after the deploy."""
    out = room / "long.json"
    variables = variable({"sensitivity": options.sensitivity})
    command = ["-m", "benchmarks.judging.long", bench.folder / "data", bench.split, out]
    run(python, command, variables)
    made = json.loads(out.read_text())
    for name, each in made.items():
        show(f"{name.capitalize()}, sensitivity {options.sensitivity}", tables.long_looks(each))
        show("Regressions by their course", tables.courses(each))
    return {"sensitivity": options.sensitivity, "long": made}


def scored(bench: Bench, python: Path, room: Path, setting: dict[str, Any]) -> dict[str, Any]:
    """Let the benchmark score the detector at a setting; return all measures."""
    cases = str(bench.cases or ALL_CASES)
    command = [bench.folder / "score.py", "--callable", f"{DETECTOR}:detect", "--name", "ours"]
    command += ["--split", bench.split, "--cases", cases, "--out", room]
    run(python, command, variable(setting))
    result, out = room / f"{bench.split}.ours", room / "extra.json"
    extra = ["-m", "benchmarks.judging.extra", bench.folder, bench.split, cases]
    run(python, [*extra, f"{result}.npz", out])
    more = json.loads(out.read_text())
    overall = json.loads(Path(f"{result}.json").read_text())["overall"]
    return {"overall": tables.with_worst(overall, more["families"]), **more}


def variable(setting: dict[str, Any]) -> dict[str, str]:
    """Return the environment variable that tells the detector its setting."""
    return {"SLEUTH_VERDICTS": json.dumps(setting)}


def show(title: str, rows: list[list[str]]) -> None:
    """Print a table."""
    print(f"\n{title}\n\n{tables.laid_out(rows)}")


if __name__ == "__main__":
    sys.exit(main())
