"""The record: the only thing that crosses from the engine to the analysis."""
