"""04xx: what must not be seen, and is.

KS0401 to KS0410, KS0414, KS0415 and KS0423 are found in bodies, KS0411 to KS0413 and KS0416 to KS0419, KS0424 and KS0425 by asking
for what should be refused, KS0420 to KS0422 by going round the proxy.
"""

from kubesieve.doctor.finding import Blame, Severity, Solution, Verdict

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_SERVE = "kubesieve serve --kubelet https://$NODE_IP:10250 --namespaces {allowed}"
_ROUTES = (
    f"let exact paths through and nothing else, by GET and HEAD: {_SERVE}; and give the proxy's identity "
    "nodes/metrics, nodes/stats and nodes/pods instead of nodes/proxy"
)


def _in_a_body(code: str, title: str, severity: Severity, why: str, symptom: str, example: str, unless: str) -> Verdict:
    """A leak in what the proxy hands out: the remedy is the same, an exact filter."""
    fix = f"put an exact filter in front: {_SERVE}"
    return Verdict(code, title, severity, Blame.PROXY, why, symptom, fix, Solution.HAND_OVER, example, unless)


def _by_a_path(code: str, title: str, severity: Severity, why: str, symptom: str, example: str, unless: str) -> Verdict:
    """A request that should have been refused before the kubelet heard of it."""
    return Verdict(code, title, severity, Blame.PROXY, why, symptom, _ROUTES, Solution.HAND_OVER, example, unless)


LEAKS = (
    _in_a_body(
        "KS0401",
        "series of foreign namespaces are in {endpoint}",
        _E,
        why="the proxy on {url} hands out samples whose namespace label is not among those allowed ({allowed})",
        symptom="whoever scrapes the proxy sees other tenants' pods, images and loads",
        example='a sample with namespace="team-b" in /metrics/cadvisor, with team-a alone allowed',
        unless='namespace="team-b" as text inside another label\'s value: that is no label',
    ),
    _in_a_body(
        "KS0402",
        "foreign pods are in {endpoint}",
        _E,
        why="the proxy on {url} passes items of the pod list whose metadata.namespace is not among those allowed ({allowed})",
        symptom="a tenant reads other tenants' whole manifests: images, environment, volumes, service accounts",
        example="an item of team-b in /pods or /runningpods/, with team-a alone allowed",
        unless="a pod of team-a with an annotation or a label that says team-b",
    ),
    _in_a_body(
        "KS0403",
        "foreign pods are in {endpoint}",
        _E,
        why="the proxy on {url} passes entries whose podRef.namespace is not among those allowed ({allowed})",
        symptom="a tenant sees names, UIDs and loads of other tenants' pods",
        example="podRef.namespace team-b in /stats/summary, with team-a alone allowed",
        unless="a container called team-b in a pod of team-a",
    ),
    _in_a_body(
        "KS0404",
        "foreign names are inside the caller's own items of {endpoint}",
        _E,
        why="the items were filtered by their own namespace, and a reference further in names another's ({places})",
        symptom="names and namespaces of the other side show where pods were renamed or filtered by their head alone",
        example="pods[0].volume[0].pvcRef.namespace is team-b in a pod of team-a",
        unless="the user's own text in labels, annotations or the environment",
    ),
    _in_a_body(
        "KS0405",
        'totals of the node and of its slices come through in {endpoint} (namespace="")',
        _W,
        why="rows with an empty namespace are sums over everybody: less one's own, they are the neighbours' loads",
        symptom="a tenant can tell how busy the others are, and when",
        example='container_cpu_usage_seconds_total{id="/",namespace=""} through the proxy',
        unless="machine_memory_bytes and the like: no namespace label at all, the same for every tenant",
    ),
    _in_a_body(
        "KS0406",
        "series that seem to be nobody's name foreign pods in {endpoint}",
        _E,
        why="a label or a comment holds the UID, container id or name of a pod outside of those allowed ({allowed}), though "
        "the namespace label is empty, missing or another's",
        symptom="loads of single foreign pods can be read, and joined to them by UID",
        example='id="/kubepods/besteffort/pod5f1c…" of a pod of team-b, with namespace=""',
        unless="the same with the UID of a pod of one's own: KS0405",
    ),
    Verdict(
        "KS0407",
        "node interfaces come through under a tenant's name in {endpoint}",
        _I,
        Blame.NONE,
        why="pods in the node's network report all of the node's interfaces as their own ({interfaces}); veth…, eni… and cali… "
        "among them are the other ends of neighbours' pods",
        symptom="traffic of the node, or of single neighbours, is added to one pod's",
        fix="where that is too much: kubesieve serve … --drop-series 'container_network_*', or no hostNetwork pods in the "
        "tenant's namespaces",
        solution=Solution.NONE,
        example='container_network_receive_bytes_total{interface="eni0a1b2c",namespace="team-a"}',
        unless="eth0 of a pod that has a network of its own",
    ),
    _in_a_body(
        "KS0408",
        "devices name sandboxes of other pods in {endpoint}",
        _W,
        why="file systems of sandboxes are listed for the whole node, and their paths hold the sandbox's id",
        symptom="a tenant can count the pods of the node and see them come and go",
        example='device="/run/containerd/io.containerd.grpc.v1.cri/sandboxes/9f…/shm" with namespace=""',
        unless='device="/dev/shm"',
    ),
    _in_a_body(
        "KS0409",
        "volumes of foreign claims are in {endpoint}",
        _E,
        why="kubelet_volume_stats_* carry the claim's namespace and name, and come on the kubelet's own /metrics",
        symptom="names of others' claims and how full they are can be read; filters for /metrics/cadvisor alone miss them",
        example='kubelet_volume_stats_used_bytes{namespace="team-b",persistentvolumeclaim="customer-db"}',
        unless="claims of an allowed namespace",
    ),
    _in_a_body(
        "KS0410",
        "the kubelet's own workings come through in {endpoint} ({families})",
        _W,
        why="families without a namespace label that no dashboard of a tenant needs: how many pods run, start, fail, "
        "on the whole node",
        symptom="a tenant watches the operator's node: kubelet_running_pods, errors of the runtime, rates of requests",
        example="kubelet_running_pods on /metrics",
        unless="machine_*, node_*, cadvisor_version_info and *scrape_error: kept on purpose (kubesieve policy)",
    ),
    _by_a_path(
        "KS0411",
        "exec and its like get past the proxy ({targets})",
        _E,
        why="the kubelet itself answered ({answers}): a GET with a WebSocket handshake needs get on nodes/proxy alone",
        symptom="whoever reads metrics can run commands in any container of the node",
        example="GET /exec/… answered 101, or 404 pod does not exist in the kubelet's words",
        unless="the proxy's own refusal, the same as for a path that nobody has",
    ),
    _by_a_path(
        "KS0412",
        "configuration, logs or debugging of the kubelet get past the proxy ({targets})",
        _E,
        why="the kubelet itself answered ({answers}); none of these belongs to a tenant",
        symptom="a tenant reads the node's configuration, or the logs of anybody's containers",
        example="/configz answered 200 with kubeletconfig",
        unless="the proxy's own refusal, the same as for a path that nobody has",
    ),
    _by_a_path(
        "KS0413",
        "the proxy switches protocols (101 on {targets})",
        _E,
        why="after a 101 bytes go both ways unread: what comes behind it is filtered by nobody",
        symptom="a tunnel to the kubelet through the proxy: further requests on it are the proxy's own",
        example="Upgrade: websocket on /metrics answered 101",
        unless="a plain answer, or a refusal: a server may ignore Upgrade",
    ),
    _in_a_body(
        "KS0414",
        "exported_namespace, or a label like it, names foreign namespaces in {endpoint}",
        _E,
        why="a scraper in between renamed the kubelet's namespace label and put its own in its place: the filter looked at "
        "the new one",
        symptom="foreign series come through under an allowed name",
        example='{namespace="monitoring",exported_namespace="team-b"} with monitoring allowed',
        unless="exported_namespace among those allowed; cluster_namespace and the like with a name that is no namespace here",
    ),
    _in_a_body(
        "KS0415",
        "an error or a header of the proxy names what is foreign ({targets})",
        _E,
        why="errors of a kubelet name pods, namespaces and UIDs ({names}); passed on, they tell them to anybody",
        symptom="names of foreign pods in agents' logs and warnings",
        example='500 failed to get container stats of pod "db-0_team-b(…)"',
        unless="a word of the caller's own request, given back",
    ),
    _by_a_path(
        "KS0416",
        "odd spellings of paths get past the filter ({targets})",
        _E,
        why="the proxy decides on one reading of the path and asks with another; foreign data came ({namespaces})",
        symptom="a filter that works on /pods is passed by //pods, /pods/, /metrics/../pods, %2f or an absolute form",
        example="/metrics/../pods answered with all pods, /pods with the caller's",
        unless="a 301 or 404, or the same filtered answer",
    ),
    _by_a_path(
        "KS0417",
        "headers that name somebody widen the view ({headers})",
        _E,
        why="the proxy, or what is behind it, believes headers that any client can send; foreign data came ({namespaces})",
        symptom="a tenant names another in a header and sees his view",
        example="X-Remote-User: system:admin gives more namespaces",
        unless="the same view with and without",
    ),
    _by_a_path(
        "KS0418",
        "parameters widen the view ({targets})",
        _E,
        why="the kubelet needs only_cpu_and_memory alone; here the client chooses the tenant ({namespaces})",
        symptom="a tenant names another in the URL and sees his view",
        example="/pods?namespace=team-b gives pods of team-b",
        unless="the same view with and without",
    ),
    _by_a_path(
        "KS0419",
        "another format gets past the filter ({targets})",
        _E,
        why="the client's Accept or Accept-Encoding goes up, and the filter cannot read what comes back ({namespaces})",
        symptom="protobuf or gzip comes through whole, text is filtered",
        example="Accept: application/vnd.google.protobuf gives foreign namespaces",
        unless="text, whatever was asked for; or gzip of the filtered text",
    ),
    Verdict(
        "KS0420",
        "the caller's token opens the kubelet itself ({targets})",
        _W,
        Blame.ACCESS,
        why="with this token {url} answers 200: whoever holds it needs no proxy and sees everything",
        symptom="perfect filtering on the proxy's port, everything open beside it",
        fix="take nodes/metrics, nodes/stats, nodes/pods and nodes/proxy from the tenant's account, give the proxy its own; or "
        "close port 10250 to tenants with a NetworkPolicy. kubectl auth can-i get nodes/metrics --as=ACCOUNT shows it",
        solution=Solution.HAND_OVER,
        example="https://node:10250/stats/summary 200 with the tenant's token",
        unless="401, 403 or no connection",
    ),
    Verdict(
        "KS0421",
        "the kubelet answers anybody ({targets})",
        _E,
        Blame.UPSTREAM,
        why="{url} answered 200 without a token: anonymous-auth is on and authorization is AlwaysAllow, or anonymous has rights",
        symptom="no proxy can help: every pod of the cluster reads every kubelet",
        fix="in the kubelet's configuration: authentication.anonymous.enabled: false, authorization.mode: Webhook",
        solution=Solution.HAND_OVER,
        example="https://node:10250/pods 200 without Authorization",
        unless="/healthz alone, or 401",
    ),
    Verdict(
        "KS0422",
        "the read-only port is open ({targets})",
        _E,
        Blame.UPSTREAM,
        why="{url} serves pods and metrics without asking who calls",
        symptom="no proxy can help: everything is open beside it",
        fix="in the kubelet's configuration: readOnlyPort: 0",
        solution=Solution.HAND_OVER,
        example="http://node:10255/pods 200",
        unless="connection refused, or something else listening there that knows no /pods",
    ),
    _in_a_body(
        "KS0423",
        "the node's own members of {endpoint} come through ({members})",
        _W,
        why="systemContainers, fs, network and runtime are the operator's, or the neighbours' by subtraction",
        symptom="a tenant reads the node's disks, interfaces and services",
        example="node.systemContainers in /stats/summary",
        unless="nodeName, startTime, cpu and memory: kept on purpose (kubesieve policy)",
    ),
    Verdict(
        "KS0424",
        "the request decides which host is asked ({targets})",
        _E,
        Blame.PROXY,
        why="the proxy puts its URL together as text: what follows an @ became the host ({answers}), and gets the token",
        symptom="anybody who can send a request collects the tokens the proxy shows, or lets it ask what only it can reach",
        fix=_ROUTES,
        solution=Solution.HAND_OVER,
        example="GET @127.0.0.1:1/pods answered with a refused connection",
        unless="400 or 404: a target without a slash in front is no path",
    ),
    Verdict(
        "KS0425",
        "the proxy answers callers without a token ({targets})",
        _E,
        Blame.PROXY,
        why="{url} handed out data to a request that showed none: whoever reaches the port is served, with the proxy's rights",
        symptom="every pod that can reach the proxy reads what it reads, whoever it belongs to",
        fix="let the proxy ask who calls, or pass the caller's own token on and nothing else (kubesieve serve does); until then "
        "a NetworkPolicy that lets the tenant's agent alone reach its port",
        solution=Solution.HAND_OVER,
        example="/pods 200 without Authorization",
        unless="/healthz alone, or 401; a warning where no more came than with a token",
    ),
)
