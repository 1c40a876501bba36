"""Pages: requests in, HTML out; may import every room to its left, up to jobs."""
