"""Who gets which class: rounds, offers and enrolments around a pure, checkable engine."""
