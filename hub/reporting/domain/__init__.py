"""Pure rules of the reports: periods, small numbers, groups."""

from hub.reporting.domain.counting import Breakdown, Count, Median, breakdown, median_of, suppressed
from hub.reporting.domain.demand import ENOUGH_FOR_A_CLASS, Demand, Opening, PartOfWeek, Wish, unmet_demand
from hub.reporting.domain.periods import Period, period_of, periods
from hub.reporting.domain.waiting import AGE_BANDS, age_band

__all__ = [
    "AGE_BANDS",
    "ENOUGH_FOR_A_CLASS",
    "Breakdown",
    "Count",
    "Demand",
    "Median",
    "Opening",
    "PartOfWeek",
    "Period",
    "Wish",
    "age_band",
    "breakdown",
    "median_of",
    "period_of",
    "periods",
    "suppressed",
    "unmet_demand",
]
