"""What the system does, one module per job. Engine, store and files come in through ports; only importing works on
article files themselves."""
