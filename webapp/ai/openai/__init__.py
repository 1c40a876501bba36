"""Any endpoint that speaks OpenAI's protocol: one POST for each call; may import core, ai.functions and ai.provider."""
