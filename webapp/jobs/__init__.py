"""RQ and rq-scheduler: the transport, and nothing else; may import rooms up to pipeline."""
