"""The command `deidflow`."""

from deployments.cli.app import main

__all__ = ["main"]
