"""04xx: what must not be seen, and is."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

LEAKS = (
    Verdict(
        "KS0401",
        "series of foreign namespaces come through the proxy",
        Severity.ERROR,
        Blame.PROXY,
        why="the proxy on {url} hands out samples whose namespace label is not among those allowed ({allowed})",
        symptom="whoever scrapes the proxy sees other tenants' pods, images and loads",
        fix="put an exact filter in front: kubesieve serve --kubelet https://$NODE_IP:10250 --namespaces {allowed}",
        solution=Solution.HAND_OVER,
        example='a sample with namespace="team-b" in /metrics/cadvisor, with team-a alone allowed',
        unless='namespace="team-b" as text inside another label\'s value: that is no label',
    ),
)
