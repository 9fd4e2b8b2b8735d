"""Which cases are judged: the benchmark's own, or such as are drawn in their place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.judging.environment import BenchmarkError, run

SEEDS = {"dev": 11, "test": 2027, "long": 5}
OTHER_SEED = 1
LONG_AFTER = 1500  # a day of whole hours needs up to one hour more
SCORER = ("score.py", "cases.py", "requirements.txt")
CASES = {"long": 600}
USUAL_CASES = 1005


@dataclass(frozen=True)
class Bench:
    """Where score.py lies beside data, and which of them are judged.

    Args:
        folder: Holds score.py, cases.py and data.
        asked: The folder in which cases were looked for.
        split: Name of the files in data.
        are_drawn: Whether the cases are of our own making.
        cases: How many of them are judged; 0 means all.
        half: choose, report or nothing.
    """

    folder: Path
    asked: Path
    split: str
    are_drawn: bool
    cases: int = 0
    half: str = ""

    def sentence(self) -> str:
        """Say which cases are judged, and of whose making they are."""
        name = f"the cases named {self.split}"
        half = f", every other one of each family (half: {self.half})" if self.half else ""
        number = f"at most {self.cases} of " if self.cases else ""
        if not self.are_drawn:
            return f"Judged are {number}{name} in {self.asked / 'data'}{half}."
        found = "are left aside" if has_cases(self.asked, self.split) else "do not exist"
        return (
            f"{name[0].upper()}{name[1:]} in {self.asked / 'data'} {found}: judged are {number}"
            f"cases of our own making, drawn by benchmarks/cases{half}. Compare with care."
        )


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; see the options of the same names."""

    detbench: Path
    split: str = "dev"
    cases: int = 0
    half: str = ""
    own: bool = False
    real: Path | None = None
    drawn: Path | None = None


def must_have_scorer(path: Path) -> None:
    """Make sure that a folder is the benchmark's.

    Raises:
        BenchmarkError: It is not.
    """
    missing = [name for name in SCORER if not (path / name).is_file()]
    if missing:
        raise BenchmarkError(f"There is no benchmark in {path}: {missing[0]} is missing.")


def has_cases(path: Path, split: str) -> bool:
    """Tell whether a folder holds the cases of a split."""
    names = ("meta.parquet", "counts.xz", "oracle.npz")
    return all((path / "data" / f"{split}.{name}").is_file() for name in names)


def prepare(wanted: Wanted, python: Path, room: Path) -> Bench:
    """Return what is to be judged; draws cases, and halves them, into folders of ours.

    Args:
        python: Of the benchmark's environment.
        room: A temporary folder.
    """
    if has_cases(wanted.detbench, wanted.split) and not wanted.own:
        made = Bench(
            wanted.detbench, wanted.detbench, wanted.split, are_drawn=False, cases=wanted.cases
        )
    else:
        made = own(wanted, python, wanted.drawn or room / "drawn")
        copy_scorer(wanted.detbench, made.folder)
    return halved(made, wanted, python, room) if wanted.half else made


def own(wanted: Wanted, python: Path, folder: Path) -> Bench:
    """Draw cases, unless the folder holds such already."""
    number = wanted.cases or CASES.get(wanted.split, USUAL_CASES)
    if not has_cases(folder, wanted.split):
        seed = SEEDS.get(wanted.split, OTHER_SEED)
        command = ["-m", "benchmarks.cases", "--out", str(folder), "--split", wanted.split]
        command += ["--seed", str(seed), "--cases", str(number)]
        command += ["--real", str(wanted.real.resolve())] if wanted.real else []
        command += ["--after", str(LONG_AFTER)] if wanted.split == "long" else []
        run(python, command)
    return Bench(folder, wanted.detbench, wanted.split, are_drawn=True, cases=wanted.cases)


def copy_scorer(source: Path, folder: Path) -> None:
    """Put the scorer beside cases of ours."""
    for name in ("score.py", "cases.py"):
        if source != folder:
            shutil.copyfile(source / name, folder / name)


def halved(bench: Bench, wanted: Wanted, python: Path, room: Path) -> Bench:
    """Return a bench with every other case of each family, to choose by or to report."""
    folder = room / "half"
    command = ["-m", "benchmarks.judging.halve", bench.folder / "data", folder / "data"]
    run(python, [*command, bench.split, wanted.half])
    copy_scorer(wanted.detbench, folder)
    return replace(bench, folder=folder, half=wanted.half)
