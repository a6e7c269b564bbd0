"""Detection and release measured against gold: what is found, what leaks, what is touched needlessly.

read -> predict -> count -> report -> plot. Text today; another gold (boxes) needs a reader, a predictor and a counter
that yields the same counts a document, and everything from `bootstrap` on stays as it is.
"""
