"""What every package uses and what uses none: errors, results, signals, exact decimals, halving around a bad row."""
