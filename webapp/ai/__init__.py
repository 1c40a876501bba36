"""What the paid operations ask and get, and who answers; may import core.

Read in this order: `provider.py`, what every provider is and how it fails; `functions/`, the typed request and result
of each operation; `embedded/`, the provider that needs no model; `openai/`, the one that asks a model at an endpoint.
`registry.py` knows those that a site may name; which model a site asks is told by `sites/ai`.
"""
