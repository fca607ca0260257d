"""Editing in the browser: the form that stands for a file, and what belongs to saving it."""
