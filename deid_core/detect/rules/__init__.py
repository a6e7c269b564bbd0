"""Rules of the patterns detector: tables as TOML, word lists as text, and the few functions that they name."""
