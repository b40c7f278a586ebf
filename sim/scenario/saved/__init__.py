"""A cluster's saved state, as a scenario and in one."""
