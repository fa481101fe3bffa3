"""The outbox and what comes of it: who is told, in which words, by which channel."""
