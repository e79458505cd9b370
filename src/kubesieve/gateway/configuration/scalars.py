"""Texts with a meaning: addresses, URLs, files, durations, names, choices."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.settings import Address, parse_address
from kubesieve.kubelet.client import parse_url
from kubesieve.sieve import parse_namespaces, parse_patterns

Choice = TypeVar("Choice", bound=StrEnum)

NAME = "lower-case letters, digits and dashes, at most 63 (RFC 1123)"
ADDRESS = "HOST:PORT or [IPv6]:PORT"
NOWHERE = Address("", 0)
NO_URL = URL("https://invalid")
NO_FILE = Path()

_KUBELET = "https://HOST:PORT, without anything behind (a token is never sent over plain http)"
_API_SERVER = "https://HOST[:PORT][/PREFIX] (a token is never sent over plain http)"
_HIDDEN = "credentials, a query or a fragment in it"
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def address(place: Place) -> Address:
    text = place.text(ADDRESS)
    try:
        return parse_address(text) if text else NOWHERE
    except OwnFault:
        place.wrong(ADDRESS, place.shown)
        return NOWHERE


def kubelet_url(place: Place) -> URL:
    text = place.text(_KUBELET)
    try:
        return parse_url(text) if text else NO_URL
    except OwnFault:
        place.wrong(_KUBELET, _without_credentials(place))
        return NO_URL


def api_server_url(place: Place) -> URL:
    text = place.text(_API_SERVER)
    try:
        url = URL(text)
        good = url.scheme == "https" and bool(url.host) and url.user is None and url.port is not None
        good = good and not url.query_string and not url.fragment and _HOST.fullmatch(url.host or "") is not None
    except ValueError:
        good = False
    if good:
        return url
    if text:
        place.wrong(_API_SERVER, _without_credentials(place))
    return NO_URL


def _without_credentials(place: Place) -> str:
    return _HIDDEN if set("@?#") & set(place.written or "") else place.shown


def file(place: Place) -> Path:
    """A path as it is; whether there is such a file is seen by who opens it."""
    return Path(place.text("the path of a file"))


def host_name(place: Place) -> str:
    return place.text("the name in the kubelet's certificate")


def name(place: Place) -> str:
    """What a namespace can be called."""
    text = place.text(NAME)
    try:
        good = not text or parse_namespaces(text) == {text}
    except OwnFault:
        good = False
    if good:
        return text
    place.wrong(NAME, place.shown)
    return ""


def texts(place: Place) -> tuple[str, ...]:
    return tuple(item.text() for item in place.items())


def names(place: Place) -> frozenset[str]:
    return frozenset(name(item) for item in place.items())


def patterns(place: Place) -> tuple[str, ...]:
    """Families of metrics."""
    return tuple(_pattern(item) for item in place.items())


def _pattern(place: Place) -> str:
    text = place.text("a metric name, * for any text")
    try:
        parse_patterns((text,) if text else ())
    except OwnFault:
        place.wrong("a metric name, * for any text", place.shown)
    return text


def choice(place: Place, among: type[Choice]) -> Choice:
    values = [one.value for one in among]
    expected = f"{', '.join(values[:-1])} or {values[-1]}"
    text = place.text(expected)
    if text in values:
        return among(text)
    if text:
        place.wrong(expected, place.shown)
    return next(iter(among))


def seconds(place: Place, least: float, most: float) -> float:
    """``5s``, ``500ms``, ``1m``, or a number of seconds."""
    expected = f"a duration like 5s, 500ms, 1m, or a number of seconds, from {least:g} to {most:g} s"
    written = place.decimal
    text = f"{written}s" if written is not None else place.text(expected)
    match = _DURATION.fullmatch(text)
    value = float(match[1]) * _SECONDS[match[2]] if match else -1.0
    if least <= value <= most:
        return value
    if text:
        place.wrong(expected, place.shown if written is None else written[:20])
    return least
