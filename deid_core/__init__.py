"""deid_core: find, decide, remove and verify identifiers in healthcare data. Bytes in, bytes out; no service needed."""
