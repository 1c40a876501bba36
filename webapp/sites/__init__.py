"""Web sites of an account: what they are called, where they are, how they sound; may import rooms up to accounts."""
