"""``kb eval``: how well search and suggestions find the right article on real questions with known answers.

A folder with corpus, queries and judgements (``sets``) is asked (``asking``) or typed key by key (``keystrokes``);
ranks become figures (``measures``). A ranking that was kept in a file (``runs``) can be compared with another one of
the same queries (``comparing``), with a test of whether the difference may be chance (``significance``).
"""
