"""Who reacts to what: the three tables that join the slices, and nothing else.

REACTIONS: event -> handlers, run in this order in the same transaction: offers, entries, appointments, consents,
referrals, and the learner's messages last, so that a text tells what is true by then.
DELIVERIES: kind of outbox entry -> how it is sent.
JOBS: name -> when it runs (London time, never 01:00 to 01:59) and what it does.
"""

from collections.abc import Mapping, Sequence

from hub.accounts import domain as account_events
from hub.accounts import jobs as account_jobs
from hub.accounts.service import notices as account_notices
from hub.assessment import domain as assessment_events
from hub.assessment import jobs as assessment_jobs
from hub.assessment import reactions as assessment
from hub.consent import domain as consent_events
from hub.consent import jobs as consent_jobs
from hub.consent import reactions as consent
from hub.core.events import Event
from hub.desk import jobs as desk_jobs
from hub.desk import reactions as desk
from hub.eligibility import reactions as eligibility
from hub.infra import limits
from hub.infra.db import Handler
from hub.infra.jobs import Job, at, every
from hub.infra.outbox import Delivery
from hub.infra.seals import sealer
from hub.learners import domain as learner_events
from hub.learners import jobs as learner_jobs
from hub.matching import domain as offer_events
from hub.matching import jobs as matching_jobs
from hub.matching import reactions as matching
from hub.messaging import domain as message_events
from hub.messaging import reactions as messaging
from hub.messaging.service import delivering, digests
from hub.oversight import jobs as oversight_jobs
from hub.provision import domain as class_events
from hub.provision import jobs as provision_jobs
from hub.referrals import domain as referral_events
from hub.referrals import jobs as referral_jobs
from hub.referrals import reactions as referrals
from hub.referrals.service import telling
from hub.rights import domain as rights_events
from hub.rights import jobs as rights_jobs
from hub.rights.service import notices
from hub.steps import domain as step_events
from hub.steps import jobs as step_jobs
from hub.waitlist import domain as entry_events
from hub.waitlist import jobs as waitlist_jobs
from hub.waitlist import reactions as waitlist

REACTIONS: Mapping[type[Event], Sequence[Handler]] = {
    referral_events.ReferralSubmitted: [messaging.referral_submitted],
    referral_events.ReferralClosed: [
        matching.case_closed,
        waitlist.case_closed,
        assessment.case_closed,
        referrals.referral_closed,
        messaging.referral_closed,
    ],
    assessment_events.AppointmentBooked: [referrals.appointment_booked, messaging.appointment_booked],
    assessment_events.AppointmentMoved: [messaging.appointment_moved],
    assessment_events.AppointmentCancelled: [messaging.appointment_cancelled],
    assessment_events.AppointmentMissed: [referrals.appointment_missed, messaging.appointment_missed],
    assessment_events.AssessmentCompleted: [
        waitlist.assessment_completed,
        referrals.assessment_completed,
    ],
    assessment_events.PlacementConfirmed: [waitlist.placement_confirmed],
    entry_events.EntryJoined: [referrals.entry_joined, messaging.entry_joined],
    entry_events.EntryRemoved: [referrals.entry_ended],
    entry_events.EntryLapsed: [referrals.entry_ended],
    entry_events.CheckInDue: [messaging.check_in_due],
    learner_events.IndexesRenewed: [referrals.indexes_renewed],
    learner_events.LearnersMerged: [
        matching.learners_merged,
        waitlist.learners_merged,
        assessment.learners_merged,
        eligibility.learners_merged,
        consent.learners_merged,
        referrals.learners_merged,
    ],
    learner_events.LearnersUnmerged: [  # entries first: an offer comes back to an entry that waits
        waitlist.learners_unmerged,
        matching.learners_unmerged,
        assessment.learners_unmerged,
        eligibility.learners_unmerged,
        consent.learners_unmerged,
        referrals.learners_unmerged,
        messaging.learners_unmerged,
    ],
    learner_events.StrongMatchFound: [assessment.strong_match_found],
    learner_events.HappeningMoved: [
        matching.happening_moved,
        waitlist.happening_moved,
        assessment.happening_moved,
        eligibility.happening_moved,
        consent.happening_moved,
        messaging.happening_moved,
        referrals.happening_moved,
    ],
    class_events.ClassCancelled: [matching.class_cancelled],
    offer_events.OfferReadyForLearner: [messaging.offer_ready],
    offer_events.OfferRestored: [messaging.offer_restored],
    offer_events.OfferConfirmed: [referrals.offer_confirmed, messaging.offer_confirmed],
    offer_events.OfferReturned: [messaging.offer_returned],
    offer_events.OfferWithdrawn: [messaging.offer_withdrawn],
    offer_events.EnrolmentEnded: [referrals.enrolment_ended],
    consent_events.ConsentWithdrawn: [matching.consent_withdrawn, messaging.consent_withdrawn],
    consent_events.ProcessingStopped: [matching.processing_stopped, assessment.processing_stopped],
    consent_events.LearnerLeft: [matching.learner_left, referrals.learner_left, waitlist.learner_left],
    consent_events.PermissionAsked: [messaging.permission_asked],
    consent_events.AskingSettled: [messaging.asking_settled],
    consent_events.ReceiptWanted: [messaging.receipt_wanted],
    message_events.ReplyReceived: [messaging.replied, waitlist.replied, matching.replied],
    message_events.LearnerStopped: [
        waitlist.learner_stopped,
        matching.learner_stopped,
        consent.learner_stopped,
    ],
    message_events.LearnerRestarted: [consent.learner_restarted],
    rights_events.ErasureGranted: [matching.person_leaves, waitlist.person_leaves],
    rights_events.PersonErased: [desk.person_erased],
    step_events.DigestDue: [messaging.digest_due],
    account_events.AccountClosed: [referrals.account_closed],
    account_events.AccountOpened: [referrals.account_opened],
    account_events.RoleChanged: [referrals.role_changed],
}

DELIVERIES: Mapping[str, Delivery] = {
    "message": Delivery(
        gate=delivering.may_go,
        render=delivering.render,
        settle=delivering.settle,
        preload=delivering.preload,
        store=delivering.store,
    ),
    "referral_closed": Delivery(gate=telling.may_go, render=telling.render, settle=telling.settle),
    "rights_notice": Delivery(gate=notices.may_go, render=notices.render, settle=notices.settle),
    "staff_digest": Delivery(
        gate=digests.may_go, render=digests.render, settle=digests.settle, preload=digests.preload
    ),
    **account_notices.DELIVERIES,
}

JOBS: Sequence[Job] = (
    Job("audit.seal", every(seconds=5), sealer.seal_due),
    Job("audit.verify", at(4, 10), oversight_jobs.check_audit),
    Job("matching.rounds", at(6, 50), matching_jobs.rounds),
    Job("matching.silence", at(7, 0), matching_jobs.silence),
    Job("matching.lapse", at(18, 5), matching_jobs.lapse),
    Job("matching.refills", every(minutes=15), matching_jobs.refills),
    Job("assessment.second_people", at(7, 5), assessment_jobs.second_people),
    Job("waitlist.sweep", at(7, 10), waitlist_jobs.sweep),
    Job("learners.link", every(minutes=5), learner_jobs.link),
    Job("learners.sample", at(6, 30), learner_jobs.sample),
    Job("learners.reindex", at(4, 10), learner_jobs.reindex),
    Job("referrals.files", every(seconds=5), referral_jobs.take_in_files),
    Job("referrals.remind", at(7, 20), referral_jobs.remind),
    Job("provision.ask_for_places", at(7, 30), provision_jobs.ask_for_places),
    Job("provision.end_classes", at(2, 40), provision_jobs.end_classes),
    Job("steps.chase", at(8, 0), step_jobs.chase),
    Job("rights.retain", at(3, 10), rights_jobs.retain),
    Job("rights.erase", every(minutes=15), rights_jobs.erase),
    Job("accounts.forget", at(3, 15), account_jobs.forget),
    Job("limits.forget", every(minutes=60), limits.forget_old),
    Job("consent.expire", at(4, 0), consent_jobs.expire),
    Job("consent.watch_agreements", at(7, 40), consent_jobs.watch_agreements),
    Job("desk.forget_searches", at(3, 40), desk_jobs.forget_searches),
)
