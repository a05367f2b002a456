"""How the service does: figures for a period, unmet demand, providers. Reads only; nobody is identifiable."""
