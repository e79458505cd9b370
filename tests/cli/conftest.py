"""What tests of commands share with those of the rooms behind them."""

from tests.lab.cluster.conftest import cluster

__all__ = ["cluster"]
