"""What secrets look like, as a table of patterns. The bytes around one stay as they came, white space and quotes too.

Anybody may have made the text: each pattern takes time that is linear in it (bounded or possessive repetitions, and
beginnings that are tried once for each run of characters).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

GONE = b"[redacted]"

_WORD = (
    rb"(?:token|passw(?:or)?d|passphrase|secret|credentials?|(?:api|app(?:lication)?|access|account|private)[_-]?key|signature"
    rb"|(?:require|master)(?:pass|auth))"
)
_STRING = rb'(?:[^"\\]|\\.)*+'
"""What is between the quotes of a JSON string; of a body that was cut, all that is left."""


Instead = bytes | Callable[[re.Match[bytes]], bytes]


@dataclass(frozen=True, slots=True)
class Pattern:
    """``hint`` is in every text (in lower case) that can match; ``instead`` is the replacement, or makes it."""

    hint: bytes
    pattern: re.Pattern[bytes]
    instead: Instead


def _row(hint: bytes, pattern: bytes, instead: Instead = rb"\1" + GONE) -> Pattern:
    return Pattern(hint, re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


ANYWHERE = (
    _row(
        b"eyj",
        rb"(?<![\w-])(?=[\w-]++\.[\w-]{5,}+\.)(?-i:([\w-]*?)eyJ)[\w-]{5,}+\.[\w-]{5,}+\.[\w-]*+",
        rb"\1[redacted token]",
    ),
    _row(b"bearer", rb"(\bbearer(?:\s|%20|\+){1,8})[^\s\"'\\,;<>()\[\]]{4,}+"),
    _row(
        b"authorization",
        rb"(\bauthorization\\?[\"']?\s{0,8}[:=]\s{0,8}\\?[\"']?(?:basic|digest|negotiate|token|apikey)\s{1,8})"
        rb"[^\s\"'\\,;<>\[\]]{4,}+",
    ),
    _row(
        b"-----begin",
        rb"-----BEGIN ([A-Z0-9 ]{1,40})-----(?:[^-\"]|-(?!----))*+(?:-----END \1-----)?",
        rb"[redacted \1]",
    ),
    _row(b"ls0tls1crudjti", rb"LS0tLS1CRUdJTi[\w+/=]*+", GONE),
    _row(b"://", rb"((?<!docker-pullable)://)[^\s/@\"'\\<>\[\]]{1,1000}+(?=@)"),
)
"""Looked for in whatever is kept."""

_QUOTED = rb'"' + _STRING + rb'"'
_PAIR = re.compile(rb'("(' + _STRING + rb')"\s*+:\s*+")' + _STRING, re.DOTALL)
_TELLING = (b"vcluster.loft.sh/", b"kubernetes.io/config.")
"""Annotations that say which pod it is: rules look at them."""


def _annotations(found: re.Match[bytes]) -> bytes:
    """Whatever people and their tools write there is taken out; its names stay."""
    return found[1] + _PAIR.sub(lambda pair: pair[0] if pair[2].startswith(_TELLING) else pair[1] + GONE, found[2])


FIELDS = (
    _row(
        b'"annotations"',
        rb'("annotations"\s*+:\s*+\{)((?:\s*+' + _QUOTED + rb"\s*+:\s*+" + _QUOTED + rb"\s*+,?)*+)",
        _annotations,
    ),
    _row(
        b'"',
        rb'("(?:command|args)"\s*+:\s*+\[)(?:\s*+' + _QUOTED + rb"\s*+,?)++",
        rb'\1"' + GONE + rb'"',
    ),
    _row(b'"value', rb'("value"\s*+:\s*+")' + _STRING),
    _row(b'\\"value', rb'(\\"value\\"\s*+:\s*+\\")(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*+'),
    _row(b"last-applied", rb'("kubectl\.kubernetes\.io/last-applied-configuration"\s*+:\s*+")' + _STRING),
    _row(b'"', rb'("[\w./-]{0,100}' + _WORD + rb'"\s*+:\s*+")' + _STRING),
    _row(b'"--', rb'("--[\w-]{0,60}' + _WORD + rb'"\s*+,\s*+")' + _STRING),
    _row(
        b'\\"',
        rb'(\\{1,8}"[\w./-]{0,100}' + _WORD + rb'\\{1,8}"\s{0,8}:\s{0,8}\\{1,8}")[^"]{1,4000}?(?=\\{1,8}")',
    ),
    _row(
        b":",
        rb"((?<![\w-])(?:[\w-]{0,60}" + _WORD + rb"|x-auth)[\w-]{0,40}:[ \t]{1,8})"
        rb"(?![\[{|>]|redacted)(?:\\{1,8}[\"'])?[^\s\"'\\,}\]]{1,4000}+",
    ),
    _row(
        b"-",
        rb"((?<![\w-])--?[\w-]{0,60}" + _WORD + rb"[\w-]{0,40}[ \t]{1,8})(?!-|\[redacted)[^\s\"'\\]{1,4000}+",
    ),
    _row(b"redis-cli", rb"(redis-cli[^\"\n]{0,80}?\s-a\s{1,8})[^\s\"'\\]{1,4000}+"),
    _row(b" is ", rb"(passw(?:or)?d is )[^\s\"'\\]{1,4000}+"),
    _row(
        b"=",
        rb"((?<![\w])[\w-]{0,60}" + _WORD + rb"[\w-]{0,40}=)"
        rb"(?:'(?:[^'\"\\\n]|\\.)*+'|\\\"(?:[^\"\\]|\\[^\"])*+\\\"|[^\"\\\s]|\\.)++",
    ),
)
"""Looked for in JSON, error pages and logs: everything but an exposition that came well."""

_SET = rb"(" + _WORD + rb"\w{0,40}[\"']?\s{0,8}[:=]\s{0,8}"
IN_LOGS = (
    _row(b"cookie", rb"(\bcookie:\s{0,8})[^\n\"]++"),
    _row(b"", rb"(\b(?:pass|pwd)\s{0,8}[:=]\s{0,8})(?!\[redacted)[^\s\"']{4,}+"),
    _row(b"token", rb"(\bbearer_token\s{1,8})(?!\[redacted)[^\s\"']{4,}+"),
    _row(b"", _SET + rb'")[^"\n]*+'),
    _row(b"", _SET + rb"')[^'\n]*+"),
    _row(b"", _SET + rb")(?![\"']|\[redacted)[^\s\"']{4,}+"),
)


def without(text: bytes, patterns: tuple[Pattern, ...]) -> bytes:
    """The text, each match replaced."""
    lower = text.lower()
    for one in patterns:
        if one.hint in lower:
            text = one.pattern.sub(one.instead, text)
    return text
