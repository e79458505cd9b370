"""A metav1.LabelSelector, with the rules that an API server has for it.

Source: Kubernetes' labels and selectors (names and values), and its validation of LabelSelector.
"""

from __future__ import annotations

import re

from kubesieve.gateway.configuration import scalars
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.problems import shown
from kubesieve.gateway.configuration.section import labelled, section
from kubesieve.tenancy.values import Expression, Operator, Selector

_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"(?=.{1,253}/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/"
_KEY = re.compile(f"(?:{_PREFIX})?{_PART}")
_VALUE = re.compile(f"(?:{_PART})?")
_WITH_VALUES = (Operator.IN, Operator.NOT_IN)

A_KEY = "a label's name, with or without a prefix/"
A_VALUE = "a label's value: letters, digits, - _ . between them, at most 63"


def selector(place: Place, of: str = "namespaces") -> Selector:
    """``of`` is what is selected: none of them by an empty selector, which would be all."""
    part = section(place, "matchLabels", "matchExpressions")
    found = Selector(part.optional("matchLabels", _labels, ()), part.optional("matchExpressions", _expressions, ()))
    if found == Selector() and not place.reading.problems.within(place.path):
        place.wrong("labels to select by", f"an empty selector, which would be all {of}")
    return found


def _labels(place: Place) -> tuple[tuple[str, str], ...]:
    return tuple((_key_of(name, value), _value(value)) for name, value in labelled(place).items())


def _key_of(name: str, value: Place) -> str:
    if not _KEY.fullmatch(name):
        value.wrong(A_KEY, shown(name))
    return name


def _value(place: Place) -> str:
    text = place.text(A_VALUE, empty=True)
    if not _VALUE.fullmatch(text):
        place.wrong(A_VALUE, place.shown)
    return text


def _expressions(place: Place) -> tuple[Expression, ...]:
    return tuple(_expression(item) for item in place.items())


def _expression(place: Place) -> Expression:
    part = section(place, "key", "operator", "values")
    found = Expression(
        key=part.required("key", _key, "", A_KEY),
        operator=part.required(
            "operator", lambda value: scalars.choice(value, Operator), Operator.IN, "In, NotIn, Exists or DoesNotExist"
        ),
        values=part.optional("values", _values, ()),
    )
    if not place.reading.problems.within(place.path) and bool(found.values) != (found.operator in _WITH_VALUES):
        wanted = "values" if found.operator in _WITH_VALUES else "no values"
        part.find("values").tell(
            f"{place.path}.values", f"{wanted} with {found.operator}", "none" if wanted == "values" else "some"
        )
    return found


def _key(place: Place) -> str:
    text = place.text(A_KEY)
    if text and not _KEY.fullmatch(text):
        place.wrong(A_KEY, place.shown)
    return text


def _values(place: Place) -> tuple[str, ...]:
    return tuple(_value(item) for item in place.items())
