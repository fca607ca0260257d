"""ADAPTER SQLite: one module has the SQL of one concern; the contracts are in ``kb.ports``."""
