"""Editing articles: forms, drafts, saving, history, and what is checked before."""
