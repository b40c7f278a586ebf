"""The API server and the scheduler."""
