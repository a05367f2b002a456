"""A simulated service year: people act day by day on the real services, faster than the clock."""
