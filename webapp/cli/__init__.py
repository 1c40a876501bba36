"""`pressroom …`: what an owner or an operator does from a terminal; may import every other room."""
