"""Adapters to machines: settings, stores, database, vault, audit log, lineage. No flow, no science."""
