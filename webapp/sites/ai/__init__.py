"""Which models a site asks, with which key, prompts and voice, and what they cost; may import rooms up to accounts."""
