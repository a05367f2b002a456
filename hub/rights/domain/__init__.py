"""Rules of people's rights over their data: cases and their clocks, retention, holds, breaches, what is held."""

from hub.rights.domain.breaches import RISK_LABELS, BreachRuling, NewBreach, Risk
from hub.rights.domain.cases import (
    ACT_LABELS,
    DECISION_LABELS,
    DOOR_LABELS,
    IDENTITY_LABELS,
    KIND_LABELS,
    LONGER_LABELS,
    REASON_LABELS,
    STATE_LABELS,
    Act,
    CaseKind,
    CaseState,
    Decision,
    Door,
    Identity,
    NewCase,
    Reason,
    Ruling,
    WhyLonger,
)
from hub.rights.domain.events import ErasureGranted, PersonErased
from hub.rights.domain.holds import HOLD_LABELS, HoldKind, NewHold
from hub.rights.domain.retention import RetentionRule, rules

__all__ = [
    "ACT_LABELS",
    "DECISION_LABELS",
    "DOOR_LABELS",
    "HOLD_LABELS",
    "IDENTITY_LABELS",
    "KIND_LABELS",
    "LONGER_LABELS",
    "REASON_LABELS",
    "RISK_LABELS",
    "STATE_LABELS",
    "Act",
    "BreachRuling",
    "CaseKind",
    "CaseState",
    "Decision",
    "Door",
    "ErasureGranted",
    "HoldKind",
    "Identity",
    "NewBreach",
    "NewCase",
    "NewHold",
    "PersonErased",
    "Reason",
    "RetentionRule",
    "Risk",
    "Ruling",
    "WhyLonger",
    "rules",
]
