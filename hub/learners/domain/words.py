"""What staff read for each code of a learner's needs."""

from hub.learners.domain.needs import Barrier, Reason, StudyMode, TravelMode

MODE_WORDS = {
    TravelMode.WALK: "On foot",
    TravelMode.BUS: "By bus",
    TravelMode.CYCLE: "By bicycle",
    TravelMode.CAR: "By car",
}
STUDY_WORDS = {
    StudyMode.IN_PERSON: "In a classroom",
    StudyMode.ONLINE: "Online only",
    StudyMode.EITHER: "Either",
}
BARRIER_WORDS = {
    Barrier.CHILDCARE: "Childcare",
    Barrier.OTHER_CARING: "Caring for somebody else",
    Barrier.WORK_HOURS: "Hours of work",
    Barrier.TRAVEL_COST: "Cost of travel",
    Barrier.DISTANCE: "Distance",
    Barrier.COURSE_COST: "Cost of the course",
    Barrier.HEALTH_OR_DISABILITY: "Health or disability",
    Barrier.LOW_FIRST_LANGUAGE_LITERACY: "Reading and writing in their first language",
    Barrier.FUNDING: "Who pays for the course",
    Barrier.INFORMATION: "Finding information",
    Barrier.CONFIDENCE: "Confidence",
    Barrier.WOMEN_ONLY: "Needs a class for women only",
    Barrier.DIGITAL: "Using a computer or the internet",
    Barrier.TEMPORARY_HOUSING: "Temporary housing",
    Barrier.STEP_FREE: "Steps and stairs",
}
REASON_WORDS = {
    Reason.DAILY_LIFE: "Daily life",
    Reason.FIND_WORK: "Find work",
    Reason.BETTER_WORK: "Better work",
    Reason.FURTHER_STUDY: "Further study",
    Reason.CITIZENSHIP: "Citizenship or settlement",
    Reason.HELP_CHILDREN: "Help children",
    Reason.HEALTH_SERVICES: "Health services",
    Reason.SOCIAL: "Meet people",
    Reason.VOLUNTEERING: "Volunteering",
}
