"""Stand-ins for what the hub talks to."""
