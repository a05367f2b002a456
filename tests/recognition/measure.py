"""Precision, recall and zones of linked pairs against the truth."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from hub.learners.domain.scoring import Zone


@dataclass(frozen=True)
class Quality:
    """At score 0: everything found; `auto` and `review` by zone."""

    truth: int
    found: int
    right: int
    auto: int
    auto_wrong: int
    review: int
    review_right: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.truth)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.found + self.truth)

    @property
    def auto_recall(self) -> float:
        return (self.auto - self.auto_wrong) / max(1, self.truth)

    @property
    def review_true(self) -> float:
        return self.review_right / max(1, self.review)


def measure(pairs: Mapping[tuple[int, int], Zone], people: Sequence[Hashable]) -> Quality:
    """`people[place]` says who the record at that place is."""
    truth = sum(number * (number - 1) // 2 for number in Counter(people).values())
    right = {pair for pair in pairs if people[pair[0]] == people[pair[1]]}
    auto = {pair for pair, zone in pairs.items() if zone is Zone.AUTO}
    review = pairs.keys() - auto
    return Quality(
        truth=truth,
        found=len(pairs),
        right=len(right),
        auto=len(auto),
        auto_wrong=len(auto - right),
        review=len(review),
        review_right=len(review & right),
    )
