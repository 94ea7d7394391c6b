"""What every package uses, and what imports no package: errors, results, signals, exact decimals, halving."""
