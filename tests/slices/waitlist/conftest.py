"""The waiting list starts where an assessment ends: the same learners, diary and assessments."""

from tests.slices.assessment.conftest import assess, assessor, book, diary, refer

__all__ = ["assess", "assessor", "book", "diary", "refer"]
