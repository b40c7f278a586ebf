"""The living cluster: objects and simpy processes."""
