"""The review pages: people look at what was found, correct it, and decide what may leave."""
