"""Adapter for the article files: reading, judging and writing what stands under ``articles/``."""
