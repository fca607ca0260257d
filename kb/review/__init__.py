"""Freshness at work: nothing stale is said to a customer without somebody knowing.

queue.py         what needs a reviewer, the riskiest first
queue_files.py   the queue as CSV, XLSX and Markdown
weekly.py        the weekly report: made by weekly_computation.py from past_articles.py (all as they stood),
                 weekly_figures.py, weekly_changes.py; shown by weekly_tables.py and weekly_charts.py
                 (drawn by charts.py), written by weekly_files.py
"""
