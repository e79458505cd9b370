"""The JSON Schema that is shipped says of a file what the reader says, as far as a schema can know."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest
import yaml

from kubesieve.gateway.configuration import ConfigurationFault, read
from kubesieve.gateway.configuration.read import KEYS
from kubesieve.gateway.configuration.rules import LIMITS
from tests.gateway.configuration.files import ENVIRONMENT, FULL, with_part
from tests.gateway.configuration.test_bad import IN_A_PART
from tests.gateway.configuration.test_good import FORWARDED, WARNED

SCHEMA = json.loads(files("kubesieve.gateway.configuration").joinpath("configuration.schema.json").read_text())

NOT_FOR_A_SCHEMA = (
    "expected each key once",
    "expected values written out",
    "expected keys written out",
    "expected a key;",
    "expected one document",
    "expected UTF-8",
    "expected characters",
    "a name of its own",
    "in the environment",
    "expected $(NAME)",
    "got 'yes'",
    "got '0x10'",
    "got a text with characters",
    "got 'a:70000'",
    "got '2m'",
    "got 'https://n/$(LATER)'",
    "kubelet.url: expected https://HOST:PORT, without anything behind (a token is never sent over plain http); "
    "got an empty text",
)
"""Of the text (the schema sees values), of the environment, of sums: what these sentences speak of."""


def valid(content: bytes) -> bool:
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(content)))


def test_the_schema_is_one_and_strict_everywhere() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    objects = [one for one in _parts(SCHEMA) if one.get("type") == "object"]
    assert len(objects) == 21
    assert all("additionalProperties" in one for one in objects)


def _parts(schema: object) -> list[dict[str, object]]:
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    return [*([schema] if isinstance(schema, dict) else []), *(part for one in inner for part in _parts(one))]


def test_it_has_the_keys_of_the_reader() -> None:
    assert tuple(SCHEMA["properties"]) == KEYS
    assert tuple(SCHEMA["properties"]["limits"]["properties"]) == tuple(LIMITS)


GOOD = [
    FULL.encode(),
    with_part(""),
    with_part(FORWARDED),
    *(with_part(part) for part, _ in WARNED),
    with_part("sharing: {ttl: $(TTL)}"),
    with_part("nodeSeries: {preset: $(PRESET)}"),
]


@pytest.mark.parametrize("content", GOOD)
def test_good_ones_are_good_for_both(content: bytes) -> None:
    read(content, {**ENVIRONMENT, "TTL": "1s", "PRESET": "all"})
    assert valid(content)


@pytest.mark.parametrize(
    "part", [part for part, said in IN_A_PART.items() if not any(words in said for words in NOT_FOR_A_SCHEMA)]
)
def test_bad_ones_are_bad_for_both(part: str) -> None:
    with pytest.raises(ConfigurationFault):
        read(with_part(part), ENVIRONMENT)
    assert not valid(with_part(part))


def test_most_bad_ones_can_be_seen_by_the_schema() -> None:
    unseen = [said for said in IN_A_PART.values() if any(words in said for words in NOT_FOR_A_SCHEMA)]
    assert len(unseen) < len(IN_A_PART) / 3


@pytest.mark.parametrize("key", ["apiVersion", "kind"])
def test_version_and_kind_are_exact_for_both(key: str) -> None:
    content = FULL.replace(f"{key}: ", f"{key}: x").encode()
    with pytest.raises(ConfigurationFault):
        read(content, ENVIRONMENT)
    assert not valid(content)
