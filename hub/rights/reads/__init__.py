"""What the pages and machines read of rights."""

from hub.rights.reads.cases import (
    BreachView,
    CaseFile,
    CaseView,
    HoldView,
    NoticeView,
    PackageView,
    breach,
    breaches,
    case_file,
    cases,
    cases_of,
    holds,
    names,
    notices_to,
    package_of,
)
from hub.rights.reads.copies import Copy, copy_of
from hub.rights.reads.retention import AUDIT_RULES, LEARNERS, RuleState, due_now, learners_over, preview

__all__ = [
    "AUDIT_RULES",
    "LEARNERS",
    "BreachView",
    "CaseFile",
    "CaseView",
    "Copy",
    "HoldView",
    "NoticeView",
    "PackageView",
    "RuleState",
    "breach",
    "breaches",
    "case_file",
    "cases",
    "cases_of",
    "copy_of",
    "due_now",
    "holds",
    "learners_over",
    "names",
    "notices_to",
    "package_of",
    "preview",
]
