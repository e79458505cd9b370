"""The table of verdicts: one row a code, one module a group of codes."""

from collections.abc import Mapping

from kubesieve.doctor.finding import Verdict
from kubesieve.doctor.verdicts.leaks import LEAKS
from kubesieve.doctor.verdicts.limits import LIMITS

VERDICTS: Mapping[str, Verdict] = {verdict.code: verdict for group in (LEAKS, LIMITS) for verdict in group}
