"""What can be done with rounds, offers and enrolments: one function per verb."""

from hub.matching.service.enrolments import (
    attendance,
    complete,
    end_for_case,
    expect_again,
    leave,
    no_show,
    return_to_list,
    send_back,
    start,
    transfer,
)
from hub.matching.service.merging import merge_offers, move_happening, unmerge_offers
from hub.matching.service.notices import acknowledge, join_into_erasure, tell_recipients
from hub.matching.service.offers import (
    accept_as_provider,
    answer_as_learner,
    decide_decline,
    decide_silence,
    decline_as_provider,
    hold_for_stop,
    lapse_due,
    provider_silence,
    release_hold,
    withdraw_for,
    withdraw_offer,
)
from hub.matching.service.refills import prepare_refills
from hub.matching.service.releasing import release, undo
from hub.matching.service.rounds import ask_for_round, close_finished, preview

__all__ = [
    "accept_as_provider",
    "acknowledge",
    "answer_as_learner",
    "ask_for_round",
    "attendance",
    "close_finished",
    "complete",
    "decide_decline",
    "decide_silence",
    "decline_as_provider",
    "end_for_case",
    "expect_again",
    "hold_for_stop",
    "join_into_erasure",
    "lapse_due",
    "leave",
    "merge_offers",
    "move_happening",
    "no_show",
    "prepare_refills",
    "preview",
    "provider_silence",
    "release",
    "release_hold",
    "return_to_list",
    "send_back",
    "start",
    "tell_recipients",
    "transfer",
    "undo",
    "unmerge_offers",
    "withdraw_for",
    "withdraw_offer",
]
