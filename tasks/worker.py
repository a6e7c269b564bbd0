"""What a Dask worker of this machine reads while it starts, so that no asset waits: the steps and every plug-in."""

import gc
from importlib import import_module

from deid_core.errors import MissingExtra
from deid_core.registry import PLUGINS
from tasks import steps

__all__ = ["steps"]

for _target in sorted({target.partition(":")[0] for kind in PLUGINS.values() for target in kind.values()}):
    try:
        import_module(_target)
    except (ImportError, MissingExtra):
        continue  # an extra that is not installed is told of when it is asked for

gc.freeze()  # what was read now stays: no later collection need look at it
