"""Freshness at work: nothing stale is said to a customer without somebody knowing.

queue.py         what needs a reviewer, the riskiest first
queue_page.py    one page of it: rows, filters, counts
articles.py      the articles it judges, in memory
evidence.py      what it counts: use, signals
worklist.py      what of it fits into half an hour
queue_files.py   the queue as CSV, XLSX and Markdown
feeds.py         what calendars and feed readers are told; feed_files.py writes iCalendar and Atom
weekly.py        the weekly report, from past_articles.py (all as they stood), weekly_figures.py, weekly_changes.py;
                 shown by weekly_tables.py and weekly_charts.py (charts.py), written by weekly_files.py
"""
