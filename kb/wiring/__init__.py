"""The composition root: settings in, a Service with its adapters out.

::

    service.py   the whole system
    review.py    the review queue, what speaks against articles
    reports.py   the weekly report
    reminders.py reminders, their channels
    access.py    accounts, logins, tokens, audit log
    search.py    engine, model, vocabulary
    bulk.py      import and export, beside a running service or without one
    checks.py    kb lint
    trials.py    throw-away indexes for measuring
    basics.py    the clock, the freshness policy
"""
