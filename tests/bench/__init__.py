"""Benchmarks: ratios within one run on one machine, never timed tests. ``python -m tests.bench`` runs all of them.

They need folders of real questions (``corpus.jsonl``, ``queries.tsv``) below ZHIDA_EVAL_DIR.
"""
