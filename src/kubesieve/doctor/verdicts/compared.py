"""What comparing with the kubelet's own answers tells (03xx), and that an audit could compare nothing."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

NOTHING_PROVED = (
    Verdict(
        "KS0116",
        "this audit proves nothing: {because}",
        Severity.WARNING,
        Blame.ACCESS,
        why="nothing was found, and nothing could have been: {because}",
        symptom="a check that is green whatever the proxy does",
        fix="{remedy}",
        solution=Solution.HAND_OVER,
        example="every namespace of the node is among those allowed",
        unless="a leak that was found all the same: it counts",
    ),
)

HELD_BACK = (
    Verdict(
        "KS0314",
        "part of what is the caller's own does not come through in {endpoint} ({parts})",
        Severity.ERROR,
        Blame.PROXY,
        why="the kubelet shows it, of {pods}; the proxy does not",
        symptom="panels and alerts for one's own pods stay empty, with no error anywhere",
        fix="decide by namespace alone, and pass whole lines and whole items: "
        "kubesieve serve --kubelet https://$NODE_IP:10250 --namespaces NAMES",
        solution=Solution.HAND_OVER,
        example="/metrics/resource has no sample of team-a through the proxy, the kubelet has 12",
        unless="what the kubelet shows only once of twice: it came or went meanwhile",
    ),
    Verdict(
        "KS0315",
        "what comes through in {endpoint} is not as the kubelet gave it ({parts})",
        Severity.WARNING,
        Blame.PROXY,
        why="another value at the same time stamp, no time stamp, another label's value or another member than the kubelet "
        "has, of {pods}: the proxy writes bodies anew",
        symptom="numbers that nobody measured, or series that differ from those of every other source",
        fix="pass kept lines and items on byte for byte; rewrite labels in the scraper (relabel_configs)",
        solution=Solution.HAND_OVER,
        example='image="" through the proxy, the image\'s name directly, and all else alike',
        unless="a value at a later time stamp",
    ),
)
