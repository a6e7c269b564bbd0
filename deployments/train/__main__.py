"""Run the training from the command line."""

import typer

from deployments.train.train import main

typer.run(main)
