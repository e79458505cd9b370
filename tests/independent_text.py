"""An independent, obviously right reader and filter of the text format, for tests alone.

It works character by character on decoded text, shares nothing with kubesieve, and is slow. It only has to be right on
bodies that are expositions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Labels = dict[str, str]


def parse_line(line: str) -> tuple[str, Labels]:
    """A sample line without its line feed → (name, labels)."""
    text = line.strip(" \t")
    if text.startswith("{"):
        names, labels, _ = _braces(text)
        assert len(names) == 1, line
        return names[0], labels
    end = min((text.find(char) for char in "{ \t" if char in text), default=len(text))
    name, rest = text[:end], text[end:].lstrip(" \t")
    return name, _braces(rest)[1] if rest.startswith("{") else {}


def _braces(text: str) -> tuple[list[str], Labels, str]:
    at, names, labels = 1, [], {}
    while True:
        while text[at] in " \t,":
            at += 1
        if text[at] == "}":
            return names, labels, text[at + 1 :]
        name, at = _word(text, at)
        while text[at] in " \t":
            at += 1
        if text[at] != "=":
            names.append(name)
            continue
        at += 1
        while text[at] in " \t":
            at += 1
        value, at = _word(text, at)
        assert name not in labels, text
        labels[name] = value


def _word(text: str, at: int) -> tuple[str, int]:
    if text[at] != '"':
        start = at
        while text[at] not in ' \t="},':
            at += 1
        return text[start:at], at
    word, at = "", at + 1
    while text[at] != '"':
        if text[at] == "\\":
            word, at = word + {"\\": "\\", '"': '"', "n": "\n"}[text[at + 1]], at + 2
        else:
            word, at = word + text[at], at + 1
    return word, at + 1


def is_sample(line: str) -> bool:
    text = line.strip(" \t")
    return bool(text) and not text.startswith("#")


def samples(body: bytes) -> Iterator[tuple[str, Labels, str]]:
    """(name, labels, line) of each sample of a body."""
    for line in body.decode().split("\n"):
        if is_sample(line):
            yield (*parse_line(line), line)


def metadata_name(line: str) -> str | None:
    """The name in a HELP, TYPE or UNIT line, else None."""
    words = line.strip(" \t").lstrip("#").split(None, 2)
    if line.strip(" \t").startswith("#") and len(words) >= 2 and words[0] in ("HELP", "TYPE", "UNIT"):
        name = words[1]
        return _word(name, 0)[0] if name.startswith('"') else name
    return None


def naive_filter(body: bytes, keep: Callable[[str, str | None], bool]) -> bytes:
    """Kept lines in order, with the metadata of families that keep a line. ``keep``: (family, namespace or None)."""
    lines = [line for line in body.decode().split("\n") if line.strip(" \t")]
    types = {metadata_name(line): line.split()[3] for line in lines if line.split()[:2] == ["#", "TYPE"]}
    kept = {line for line in lines if is_sample(line) and _kept(line, types, keep)}
    alive = {_family(parse_line(line)[0], types) for line in kept}
    out = [line for line in lines if line in kept or metadata_name(line) in alive]
    return "".join(line + "\n" for line in out).encode()


def _kept(line: str, types: dict[str | None, str], keep: Callable[[str, str | None], bool]) -> bool:
    name, labels = parse_line(line)
    return keep(_family(name, types), labels.get("namespace"))


def _family(name: str, types: dict[str | None, str]) -> str:
    if name in types:
        return name
    for suffix in ("_bucket", "_count", "_sum"):
        base = name.removesuffix(suffix)
        if (
            base != name
            and types.get(base) in ("histogram", "summary")
            and (suffix, types[base]) != ("_bucket", "summary")
        ):
            return base
    return name
