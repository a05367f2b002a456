from hypothesis import given
from hypothesis import strategies as st

from hub.learners.domain.forest import root_of, tree_of
from tests.conftest import uuid

IDS = [uuid(number) for number in range(1, 8)]


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=12), st.randoms())
def test_undoing_merges_in_any_order_restores_everything(pairs, random):
    parents = dict.fromkeys(IDS)
    made = []
    for keep, lose in pairs:
        kept, lost = root_of(keep, parents), root_of(lose, parents)
        if kept != lost:
            parents[lost] = kept
            made.append(lost)
    for learner_id in IDS:
        assert learner_id in tree_of(root_of(learner_id, parents), parents)
    random.shuffle(made)
    for lost in made:
        leaving = tree_of(lost, parents)
        parents[lost] = None
        assert all(root_of(one, parents) == lost for one in leaving)
    assert parents == dict.fromkeys(IDS)
