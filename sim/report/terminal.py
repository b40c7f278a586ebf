"""What a run prints: the question, the answer, what holds, where things are."""

WIDTH = 88
