"""How callers are known, what becomes of node series, and the bounds."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from kubesieve.gateway.configuration import scalars
from kubesieve.gateway.configuration.model import IdentityRules, NodeSeriesRules, TokenReviewRules
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.section import section
from kubesieve.gateway.settings import ContainerLogs, Limits
from kubesieve.sieve import NodeSeries

MOST_SHARING_SECONDS = 60.0
MOST_LIMIT = 1_000_000
MOST_LOG_MEBIBYTES = 1024
LIMIT_SECONDS = (0.1, 3600.0)
HEADER_LINE_BYTES = (1024, 1 << 20)


def camel(name: str) -> str:
    """``header_line_bytes`` → ``headerLineBytes``."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


LIMITS = {camel(field.name): field.name for field in fields(Limits)}


def identity(place: Place) -> IdentityRules:
    part = section(place, "tokenReview", "clientCertificates", "forward")
    return IdentityRules(
        token_review=part.optional("tokenReview", _token_review, None),
        client_certificates=part.optional("clientCertificates", Place.flag, False),
        forward=part.optional("forward", Place.flag, False),
    )


def _token_review(place: Place) -> TokenReviewRules:
    part = section(place, "audiences")
    return TokenReviewRules(part.optional("audiences", scalars.texts, ()))


def node_series(place: Place) -> NodeSeriesRules:
    part = section(place, "preset", "keep", "drop")
    return NodeSeriesRules(
        preset=part.optional("preset", lambda value: scalars.choice(value, NodeSeries), NodeSeries.NODE),
        keep=part.optional("keep", scalars.patterns, ()),
        drop=part.optional("drop", scalars.patterns, ()),
    )


def sharing(place: Place) -> float:
    """Seconds; 0: no sharing."""
    part = section(place, "ttl")
    return part.optional("ttl", lambda value: scalars.seconds(value, 0, MOST_SHARING_SECONDS), 5.0)


def container_logs(place: Place) -> ContainerLogs:
    part = section(place, "enabled", "follow", "mebibytes", "duration", "streams", "streamsPerCaller")
    usual = ContainerLogs()
    return ContainerLogs(
        enabled=part.optional("enabled", Place.flag, usual.enabled),
        follow=part.optional("follow", Place.flag, usual.follow),
        mebibytes=part.optional("mebibytes", lambda value: value.whole(1, MOST_LOG_MEBIBYTES), usual.mebibytes),
        seconds=part.optional("duration", lambda value: scalars.seconds(value, *LIMIT_SECONDS), usual.seconds),
        streams=part.optional("streams", lambda value: value.whole(1, MOST_LIMIT), usual.streams),
        streams_per_caller=part.optional(
            "streamsPerCaller", lambda value: value.whole(1, MOST_LIMIT), usual.streams_per_caller
        ),
    )


def limits(place: Place) -> Limits:
    part = section(place, *LIMITS)
    given: dict[str, Any] = {LIMITS[key]: _limit(value, LIMITS[key]) for key, value in part.fields.items()}
    return Limits(**given)


def _limit(place: Place, name: str) -> float:
    if name.endswith("_seconds"):
        return scalars.seconds(place, *LIMIT_SECONDS)
    return place.whole(*(HEADER_LINE_BYTES if name == "header_line_bytes" else (1, MOST_LIMIT)))
