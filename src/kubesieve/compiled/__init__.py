"""The compiled readers: twins of plain ones, built at installation where there is a C compiler, and fast.

Each takes a body or leaves it to its plain twin, which alone says what is wrong. Nothing here decides anything.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

PURE = "KUBESIEVE_PURE"
"""In the environment, with any text but an empty one: the plain readers read everything."""


MODULES = ("exposition", "json_list")


def compiled(module: str) -> Any:
    """The ``scan`` of a module here; None where it was not built, or is not wanted."""
    if os.environ.get(PURE):
        return None
    try:
        return import_module(f"kubesieve.compiled.{module}").scan
    except ImportError:
        return None
