"""Pure rules: reading a query, freshness, FAQ score. No I/O, no clock: time comes in as a parameter."""
