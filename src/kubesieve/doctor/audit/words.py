"""Foreign names in what no reader takes apart: errors, comments, protobuf, bodies that are broken. Pure.

A namespace may be called ``network`` or ``db``: a name counts only where names stand, not wherever its letters do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubesieve.doctor.audit.known import Known, identifiers

_PAIR = re.compile(r"[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*")
_LABEL = re.compile(r'[{,]\s*"?(?:exported_)?namespace"?\s*=\s*"([^"\\]+)"')
_OTHER_VALUE = re.compile(rb'"(?:(?!namespace)[^"\n]){0,100}"\s{0,4}:\s{0,4}"[^"\n]{0,1000}"')
"""A JSON value under another key than one that says namespace: a plain word there is a word."""
_WORDS_OF_PATHS = frozenset(
    ("metrics", "pods", "stats", "exec", "attach", "run", "logs", "debug", "configz", "healthz")
)


def names_in(body: bytes, known: Known, sent: str = "", *, alone: bool = False) -> Iterator[tuple[str, str]]:
    """(what is named, its namespace); ``sent`` is what the caller said himself, ``alone`` takes a name anywhere that is
    no common word.
    """
    text = body.decode("utf-8", "replace")
    for owner in sorted({owner for found in identifiers(text) if (owner := known.owner(found))}):
        yield f"an identifier of {owner}", owner.partition("/")[0]
    for name in sorted(known.namespaces):
        if name not in sent and (_stands_in(name, body) or _namespace_in(name, body) or (alone and _alone(name, text))):
            yield f"the namespace {name}", name
    for namespace, pod in sorted(known.pods):
        alone = pod in known.named and len(pod) > 3 and _stands_in(pod, body)
        if pod not in sent and (alone or _pod_in(namespace, pod, body)):
            yield f"the pod {namespace}/{pod}", namespace


def labels_in(body: bytes, known: Known) -> Iterator[tuple[str, str]]:
    """Namespaces that are not allowed, where broken text has them as a label."""
    for name in sorted(set(_LABEL.findall(body.decode("utf-8", "replace"))) - known.allowed - known.namespaces):
        yield f"the namespace {name}", name


def asides(body: bytes, known: Known) -> Iterator[tuple[int, str]]:
    """(line, whose) of comments, HELP and exemplars that name a foreign pod, or a foreign namespace as a label."""
    if b"#" not in body:
        return
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.lstrip().startswith(b"#"):
            owner = mentioned(line.decode("utf-8", "replace"), known)
        else:
            owner = _owner_in(line[line.rfind(b"# {") :].decode("utf-8", "replace"), known) if b"# {" in line else None
        if owner:
            yield number, owner


def mentioned(text: str, known: Known) -> str | None:
    """A foreign pod or namespace that a text names: what no user wrote, and nobody asked for."""
    names = (name for name in sorted(known.namespaces) if _alone(name, text) or _namespace_in(name, text.encode()))
    return _owner_in(text, known) or next(names, None)


def _owner_in(text: str, known: Known) -> str | None:
    owners = (known.owner(found) for found in sorted(identifiers(text)))
    pairs = (pair for pair in _PAIR.findall(text) if tuple(pair.split("/")) in known.pods)
    labels = (name for name in _LABEL.findall(text) if name not in known.allowed)
    return next((owner for owner in (*owners, *pairs, *labels) if owner), None)


def _alone(name: str, text: str) -> bool:
    """As a word of its own; with a hyphen or a digit in it, since ``network`` and ``db`` are words of everybody's."""
    return not name.isalpha() and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text) is not None


def _stands_in(name: str, body: bytes) -> bool:
    """In quotes, before a slash, or between the marks that names are joined with."""
    word = re.escape(name.encode())
    quoted = rb"[\"'`=(\\]" + word + rb"[\"'`)\\/]"
    before = rb"(?:^|[/\"\s])" + word + rb"/"
    patterns = (quoted,) if name in _WORDS_OF_PATHS else (quoted, before)
    looked = _OTHER_VALUE.sub(b"", body) if name.isalpha() else body
    return any(re.search(pattern, looked) for pattern in patterns)


def _namespace_in(name: str, body: bytes) -> bool:
    """As a kubelet writes a pod (``db-0_team-b(…)``), or as a label's value in protobuf."""
    word = name.encode()
    label = b"\x0a\x09namespace\x12" + bytes((min(len(word), 127),)) + word
    said = re.search(rb"\bnamespaces?:? " + re.escape(word) + rb"\b", body)
    return label in body or b"_" + word + b"(" in body or said is not None


def _pod_in(namespace: str, pod: str, body: bytes) -> bool:
    """As a kubelet writes it, or as a path: a pod's name alone may be one's own as well."""
    written = re.escape(f"{pod}_{namespace}(") + "|" + rf"(?<![\w.-]){re.escape(namespace)}/{re.escape(pod)}(?![\w.-])"
    return re.search(written.encode(), body) is not None
