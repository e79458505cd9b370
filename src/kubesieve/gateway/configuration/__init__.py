"""The configuration file of ``kubesieve serve``: read whole, every problem told with its line and column.

Pure but for ``load``: bytes and an environment in, a Configuration or a ConfigurationFault out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kubesieve.gateway.configuration.model import Configuration
from kubesieve.gateway.configuration.problems import ConfigurationFault, Problem
from kubesieve.gateway.configuration.read import read
from kubesieve.named_file import read_file

__all__ = ["Configuration", "ConfigurationFault", "Problem", "load", "read"]


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration in a file. Raises ConfigurationFault, and OwnFault where the file cannot be read."""
    return read(read_file(path, "a configuration"), environment)
