"""Contracts between the use cases and whatever indexes; one conformance suite per port."""
