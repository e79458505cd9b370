"""01xx, too: what kubesieve itself says to a caller."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

TENANCY = (
    Verdict(
        "KS0119",
        "kubesieve at {url} refuses the caller: {reason}",
        Severity.ERROR,
        Blame.ACCESS,
        why="it answers so on {targets}: who asks is not known to it, or is granted nothing, or it cannot tell{says}",
        symptom="401, 403, 404, 429, 502 or 503 in the agent's log, with a reason code in the body; no numbers at all",
        fix="{remedy}",
        solution=Solution.HAND_OVER,
        example="403 kubesieve: no-grant: expected a grant for 'system:serviceaccount:team-a:agent'; there is none",
        unless="a 403 of the kubelet's that is passed on (upstream-forbidden): KS0105",
    ),
)
