"""Any endpoint that speaks OpenAI's protocol: one POST for each call; may import ai and core, and no database."""
