"""05xx: limits. A percentage is usage ÷ limit: one of the two is missing."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_MANIFEST = (
    "nothing to repair; where a percentage is wanted, in the workload that makes {kind}: "
    "kubectl set resources deployment/NAME -n {namespace} -c CONTAINER --limits=cpu=500m,memory=256Mi"
)

LIMITS = (
    Verdict(
        "KS0501",
        "no limit is set: the dash is by design",
        _I,
        Blame.NONE,
        why="percent is usage ÷ limit; neither a CPU nor a memory limit is set for {counted} ({containers})",
        symptom="CPU % and memory % show — while the usage graphs have data",
        fix=_MANIFEST,
        solution=Solution.NONE,
        example="a BestEffort pod with usage in every endpoint",
        unless="a container with a limit and no usage: KS0504",
    ),
    Verdict(
        "KS0502",
        "only a CPU limit is set: memory % is a dash by design",
        _I,
        Blame.NONE,
        why="a CPU limit and no memory limit is set for {counted} ({containers})",
        symptom="memory % shows —, CPU % has a number",
        fix=_MANIFEST,
        solution=Solution.NONE,
        example="limits: {cpu: 200m}",
        unless="limits: {cpu: 200m, memory: 256Mi}",
    ),
    Verdict(
        "KS0503",
        "only a memory limit is set: CPU % is a dash by design",
        _I,
        Blame.NONE,
        why="a memory limit and no CPU limit is set for {counted} ({containers})",
        symptom="CPU % shows —, memory % has a number",
        fix=_MANIFEST,
        solution=Solution.NONE,
        example="limits: {memory: 256Mi}",
        unless="limits: {cpu: 200m, memory: 256Mi}",
    ),
    Verdict(
        "KS0504",
        "limits and no usage ({containers})",
        _E,
        Blame.UPSTREAM,
        why="for {counted} with limits that should run no view has a usage series, nor one of a pod around",
        symptom="CPU % and memory % show —",
        fix="on the node: crictl stats; journalctl -u kubelet | grep -i cadvisor; a restart of the kubelet makes cAdvisor look anew",
        solution=Solution.HAND_OVER,
        example="/pods says running with limits, the kubelet's own /metrics/cadvisor has no row",
        unless="rows of the pod's cgroup alone: KS0608, KS0609",
    ),
    Verdict(
        "KS0505",
        "the limit is in the spec and not in the series ({containers})",
        _W,
        Blame.UPSTREAM,
        why="container_spec_memory_limit_bytes of {counted} is 0 or missing where /pods sets a memory limit",
        symptom="usage_pct is missing; memory % is computed from the spec, or shows —",
        fix="see whether the limit was changed in place and not yet applied: kubectl get pod -n {namespace} -o jsonpath='{{.items[*].status.resize}}'",
        solution=Solution.HAND_OVER,
        example="limits: {memory: 256Mi} and container_spec_memory_limit_bytes 0",
        unless="0 for a container without a limit",
    ),
    Verdict(
        "KS0506",
        "a limit is no quantity ({containers})",
        _W,
        Blame.UPSTREAM,
        why="what /pods gives as a limit cannot be read as a Kubernetes quantity",
        symptom="limits are missing, percentages show —",
        fix="compare with kubectl get pod -o yaml: something in between rewrote the pod list",
        solution=Solution.HAND_OVER,
        example='limits: {"memory": "lots"}',
        unless='"256Mi", "2e8", "268435456k": quantities all',
    ),
)
