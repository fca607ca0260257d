"""Zhida (直达): knowledge-base search for customer-service teams; everything that is not web.

The house, top floor first. Imports go downwards only (``tests/test_architecture.py`` walks them)::

    cli, webui, (mcp)         front ends: parse input, show output
    nodes                     what a server does in the background as one of several machines
    wiring                    composition root: Settings -> a Service with its adapters
    migrating                 whether two indexes of the same articles answer alike
    service                   the façade: upkeep, and a desk for each caller
    desk                      what one caller may ask and do; every front end goes through one
    system                    the parts that they share
    contracts  snapshots      the JSON documents, filled · what is derived from all articles, swapped in as a whole
    sharing                   several machines: one writer publishes, search nodes follow
    notify                    who is told of it: digests, mail, group robots, links that confirm
    reports                   how the week was
    review                    what needs a reviewer, and what reviewers say
    editing                   articles changed one by one: forms, drafts, history, moving; dictionaries
    access  bulk              who somebody is: accounts, logins, tokens, audit log · many articles in and out
    checking  evaluation      what is said before an article is saved · quality measured on judged questions
    usecases                  indexing · searching · recommending · classifying · suggesting · embedding · learning · …
    content  engines  embedding  store   adapters: article files · index engines · models · SQLite (each for itself)
    cluster                   the connection to a search cluster, and who may write there
    ports  rules  text        contracts · pure rules · Chinese text analysis (no I/O)
    shapes                    the JSON documents, field by field
    sealed  bounded_cache     what saves work: files that are made anew when damaged · memory within a limit of bytes
    replacing  turns          files replaced in one step · who computes
    model  errors  config     data, the error tree, settings

Read ``desk/`` to learn what the system does, ``ports/engine.py`` for what an index engine
must do, ``docs/architecture.md`` for the picture.
"""

__version__ = "0.1.0"
