"""The workshop's lessons: a question bank, predictions, and answers from real runs."""
