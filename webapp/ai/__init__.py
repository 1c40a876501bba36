"""Calls to models: the provider protocol, the paid operations and the providers; may import core."""
