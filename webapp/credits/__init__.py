"""What operations cost, the ledger that records it, and budgets; may import rooms up to sites."""
