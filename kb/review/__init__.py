"""Freshness at work: nothing stale is said to a customer without somebody knowing.

queue.py         what needs a reviewer, the riskiest first
queue_page.py    one page of it: rows, filters, counts
articles.py      the articles it judges, in memory
evidence.py      what it counts: use, signals
exposure.py      what of their use counts, here and in the report
worklist.py      what of it fits into half an hour
queue_files.py   the queue as CSV, XLSX and Markdown
table_files.py   tables as CSV, XLSX and Markdown, whatever they tell
feeds.py         what calendars and feed readers are told; feed_files.py writes iCalendar and Atom
verdicts.py      what reviewers say of an article, written with the edit that it makes
guard.py         what must not be confirmed with many others at once
sent_back.py     what owners have to mend
progress.py      how far the reviews of a week are
signals.py       why articles need a reviewer before their date, put together from what is known
wording.py       signals in words
examining.py     finds after each change of the articles what their texts and histories say against them:
reading.py       what one article says, as far as it can matter
past.py          what its history tells: since when its verification stands, what was changed since
judging.py       what follows from all readings: dead ends, changed policies, edits, deadlines
contradictions.py  two articles that can't both be right
"""
