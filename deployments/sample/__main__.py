"""Write a sample set: `python -m deployments.sample DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from deployments.sample import make_sample
from deployments.sample.people import FEWEST


def main() -> None:
    """Read the command line and write the set."""
    parser = argparse.ArgumentParser(prog="python -m deployments.sample", description="Write a sample set.")
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--subjects", type=int, default=FEWEST, help="how many people the files are about")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other numbers and dates")
    asked = parser.parse_args()
    try:
        made = make_sample(asked.folder, subjects=asked.subjects, seed=asked.seed)
    except ValueError as error:
        parser.error(str(error))
    print(f"{len(made)} files about {asked.subjects} fictitious people in {asked.folder}")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
