"""How the week was, for supervisors: made from history, stored once, the same wherever it is made.

weekly.py        the reports of all weeks: the running one, those that are stored, those that have to be
computation.py   one week, from past_articles.py (all as they stood), figures.py, changes.py
tables.py        the report in words and rows; charts.py in pictures, drawn by svg.py
files.py         as CSV, XLSX and Markdown
"""
