"""Who has a problem meets who may have the answer: introductions, the work agreed on, and what came of it."""
