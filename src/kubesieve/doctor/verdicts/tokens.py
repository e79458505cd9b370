"""01xx, too: tokens that are refused, and say themselves why."""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

_NOTHING = "every container shows —, the agent's kubelet check is in ERROR or WARNING"

TOKENS = (
    Verdict(
        "KS0120",
        "{url} does not accept the token (401): it is for another audience",
        Severity.ERROR,
        Blame.ACCESS,
        why="it says that it is for {audiences} and not for its issuer {issuer}, which kubelets and API servers want where "
        "nothing else is set ({targets})",
        symptom=_NOTHING,
        fix="show a token without an audience of its own: /var/run/secrets/kubernetes.io/serviceaccount/token; or, where "
        "kubesieve identifies callers, name the audience in identity.tokenReview.audiences",
        solution=Solution.HAND_OVER,
        example="401, and the aud of the token is vault, its iss https://kubernetes.default.svc",
        unless="a token whose aud has its iss: KS0104",
    ),
    Verdict(
        "KS0121",
        "{url} does not accept the token (401): it is of another cluster",
        Severity.ERROR,
        Blame.ACCESS,
        why="it says that its issuer is {issuer}; the token that is accepted elsewhere in this look has {accepted} ({targets})",
        symptom=_NOTHING,
        fix="show a token of this cluster; one by hand, with its context: kubectl create token ACCOUNT -n NAMESPACE",
        solution=Solution.HAND_OVER,
        example="401 at the proxy, 200 at the kubelet, and the iss of the two tokens differ",
        unless="two tokens of one issuer, which many clusters call alike: KS0104",
    ),
)
