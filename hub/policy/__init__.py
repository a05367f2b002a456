"""What the hub itself can change: clocks, reasons, labels and other wording, each dated and with its source."""
