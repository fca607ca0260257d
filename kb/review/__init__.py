"""Freshness at work: nothing stale is said to a customer without somebody knowing.

queue.py         what needs a reviewer, the riskiest first
queue_files.py   the queue as CSV, XLSX and Markdown
feeds.py         what calendars and feed readers are told; feed_files.py writes iCalendar and Atom
"""
