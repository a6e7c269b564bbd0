"""The shipped models and the lists that go with them: data, no code."""
