"""What an agent makes of a node: Datadog's kubelet and container checks, and the page's row, as pure functions.

``kubelet_check`` and ``container_check`` take a View (answers by target) and give what the agent would report;
``ui_rows`` joins the two to the percentages people look at. Where agents differ is a table: ``rules``.
"""

from kubesieve.agents.answers import Answer, View
from kubesieve.agents.container_check import ContainerRow, KnownContainer, container_check, known_containers
from kubesieve.agents.dash import WORDS, Dash, Measure
from kubesieve.agents.kubelet_check import SECONDS_BETWEEN_RUNS, CheckReport, Status, kubelet_check
from kubesieve.agents.pods import Key
from kubesieve.agents.quantity import QuantityFault, parse_quantity
from kubesieve.agents.rows import Row
from kubesieve.agents.rules import GO_7, PYTHON_10, Effect, Endpoint, Rules, Step
from kubesieve.agents.runs import CheckRequest, CheckRun, asks_of
from kubesieve.agents.ui_row import UiRow, ui_rows
from kubesieve.agents.walk import Notice

__all__ = [
    "GO_7",
    "PYTHON_10",
    "SECONDS_BETWEEN_RUNS",
    "WORDS",
    "Answer",
    "CheckReport",
    "CheckRequest",
    "CheckRun",
    "ContainerRow",
    "Dash",
    "Effect",
    "Endpoint",
    "Key",
    "KnownContainer",
    "Measure",
    "Notice",
    "QuantityFault",
    "Row",
    "Rules",
    "Status",
    "Step",
    "UiRow",
    "View",
    "asks_of",
    "container_check",
    "known_containers",
    "kubelet_check",
    "parse_quantity",
    "ui_rows",
]
