"""Which verdict a "—" of the agents' has, where nothing more is known of its cause."""

from collections.abc import Mapping

from kubesieve.agents import Dash
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.verdicts import VERDICTS

CODE_OF: Mapping[Dash, str] = {
    Dash.CHECK_FAILED: "KS0111",
    Dash.POD_LIST_FAILED: "KS0304",
    Dash.FILTERED: "KS0303",
    Dash.NOT_IN_PODS: "KS0304",
    Dash.NOT_RUNNING: "KS0705",
    Dash.NO_CONTAINER_ID: "KS0607",
    Dash.UNTYPED: "KS0204",
    Dash.LABELS_MISSING: "KS0310",
    Dash.NO_SAMPLE: "KS0504",
    Dash.LIMIT_UNREADABLE: "KS0506",
    Dash.NO_LIMIT: "KS0501",
    Dash.ONE_SCRAPE: "KS0703",
    Dash.COUNTER_RESET: "KS0707",
}


_REFUSED = {401: "KS0104", 403: "KS0105"}


def code_of(dash: Dash, status: int | None = None) -> str:
    """A check that failed on an answer with a status is told by that: the token, or its rights."""
    return _REFUSED.get(status or 0, CODE_OF[dash]) if dash is Dash.CHECK_FAILED else CODE_OF[dash]


def is_fault(dash: Dash | None) -> bool:
    """Whether a verdict other than for information alone stands behind it: a limit is not set, nothing runs."""
    return dash is not None and VERDICTS[CODE_OF[dash]].severity is not Severity.INFO
