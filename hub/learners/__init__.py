"""The person: sealed source records, suspected duplicates, merge and unmerge, first referral date, links."""
