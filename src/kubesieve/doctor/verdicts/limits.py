"""05xx: limits."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

LIMITS = (
    Verdict(
        "KS0501",
        "no limit is set: the dash is by design",
        Severity.INFO,
        Blame.NONE,
        why="percent is usage ÷ limit; {count} containers have neither a CPU nor a memory limit",
        symptom="CPU % and memory % show — while the usage graphs have data",
        fix="nothing to repair; where a percentage is wanted, set resources.limits in the pod's manifest",
        solution=Solution.NONE,
        example="a BestEffort pod with usage in every endpoint",
        unless="a container with a limit and no usage: KS0504",
    ),
)
