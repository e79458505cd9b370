"""Who is meant by a subject, and what a selector picks."""

from __future__ import annotations

import pytest

from kubesieve.tenancy.values import Caller, Expression, Operator, Selector, Subject, SubjectKind

AGENT = Caller("system:serviceaccount:team-a:agent", frozenset({"system:serviceaccounts:team-a", "oidc:team-a"}))


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        pytest.param(Subject(SubjectKind.SERVICE_ACCOUNT, "agent", "team-a"), True, id="its service account"),
        pytest.param(Subject(SubjectKind.SERVICE_ACCOUNT, "agent", "team-b"), False, id="another namespace's"),
        pytest.param(Subject(SubjectKind.SERVICE_ACCOUNT, "a:agent", "team-"), False, id="a name with a colon"),
        pytest.param(Subject(SubjectKind.USER, "system:serviceaccount:team-a:agent"), True, id="as a user"),
        pytest.param(Subject(SubjectKind.USER, "agent"), False, id="a user called like it"),
        pytest.param(Subject(SubjectKind.GROUP, "oidc:team-a"), True, id="its group"),
        pytest.param(Subject(SubjectKind.GROUP, "system:serviceaccount:team-a:agent"), False, id="a group of its name"),
    ],
)
def test_a_subject_is_of_its_kind_and_name(subject: Subject, meant: bool) -> None:
    assert subject.is_of(AGENT) is meant


LABELS = {"tenant": "a", "tier": "gold"}


def by(*expressions: Expression, **labels: str) -> Selector:
    return Selector(tuple(labels.items()), expressions)


@pytest.mark.parametrize(
    ("selector", "picked"),
    [
        pytest.param(by(tenant="a"), True, id="a label"),
        pytest.param(by(tenant="b"), False, id="another value"),
        pytest.param(by(tenant="a", tier="silver"), False, id="one of two"),
        pytest.param(by(Expression("tier", Operator.IN, ("gold", "silver"))), True, id="In"),
        pytest.param(by(Expression("zone", Operator.IN, ("a",))), False, id="In, without the label"),
        pytest.param(by(Expression("tier", Operator.NOT_IN, ("gold",))), False, id="NotIn"),
        pytest.param(by(Expression("zone", Operator.NOT_IN, ("a",))), True, id="NotIn, without the label"),
        pytest.param(by(Expression("tier", Operator.EXISTS)), True, id="Exists"),
        pytest.param(by(Expression("tier", Operator.DOES_NOT_EXIST)), False, id="DoesNotExist"),
        pytest.param(by(), False, id="nothing selects nothing"),
    ],
)
def test_a_selector_picks_as_kubernetes_does_but_never_everything(selector: Selector, picked: bool) -> None:
    assert selector.matches(LABELS) is picked
