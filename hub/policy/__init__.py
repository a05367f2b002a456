"""What the hub itself can change: clocks, reasons, labels; each dated and with its source."""
