"""``/api/v1``: the contract's documents for programs and for our own pages.

::

    answers.py       /search /suggest /faq /browse /articles/<id> /stale /recommend /classify /events /feedback …
    editing.py       /articles/<id>               publish, drafts, history, place, id, status, many at once
    checks.py        /check  /trial               what an editor is told before saving
    preview.py       /preview                     what is being written, as agents will see it
    images.py        /images                      pictures, uploaded for articles
    reviews.py       /reviews                     what reviewers say of articles
    gaps.py          /gaps                        what is missing, and what to do about it
    reports.py       /reports                     the weekly report
    dictionaries.py  /dictionaries                terms, synonyms, stop words
    health.py        /healthz                     for monitoring
    openapi.py       /openapi.json  /api          the documentation, from the declarations on the views
    parameters.py    what routes take, declared once for requests and documentation
"""

from webui.api import answers, checks, dictionaries, editing, gaps, health, images, openapi, preview, reports, reviews

WITH_ROUTES = (answers, checks, dictionaries, editing, gaps, health, images, openapi, preview, reports, reviews)
