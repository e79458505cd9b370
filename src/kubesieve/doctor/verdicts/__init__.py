"""The table of verdicts: one row a code, one module a group of codes."""

from collections.abc import Mapping

from kubesieve.doctor.finding import Verdict
from kubesieve.doctor.verdicts.agent import AGENT
from kubesieve.doctor.verdicts.bodies import BODIES
from kubesieve.doctor.verdicts.compared import HELD_BACK, NOTHING_PROVED
from kubesieve.doctor.verdicts.freshness import FRESHNESS
from kubesieve.doctor.verdicts.healthy import HEALTHY
from kubesieve.doctor.verdicts.identity import IDENTITY
from kubesieve.doctor.verdicts.leaks import LEAKS
from kubesieve.doctor.verdicts.limits import LIMITS
from kubesieve.doctor.verdicts.overfiltering import OVERFILTERING
from kubesieve.doctor.verdicts.tenancy import TENANCY
from kubesieve.doctor.verdicts.tokens import TOKENS
from kubesieve.doctor.verdicts.transport import TRANSPORT

GROUPS = (
    TRANSPORT,
    TENANCY,
    TOKENS,
    NOTHING_PROVED,
    BODIES,
    OVERFILTERING,
    HELD_BACK,
    LEAKS,
    LIMITS,
    IDENTITY,
    FRESHNESS,
    AGENT,
    HEALTHY,
)

VERDICTS: Mapping[str, Verdict] = {verdict.code: verdict for group in GROUPS for verdict in group}
