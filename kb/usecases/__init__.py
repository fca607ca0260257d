"""What the system does, one module per job. Use cases know ports, never adapters."""
