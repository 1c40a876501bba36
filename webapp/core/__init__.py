"""What knows nothing of articles: database, Redis, clock, errors; imports no other room."""
