"""What every request goes through before a view sees it, and every answer afterwards.

::

    callers.py    who asks: token, login cookie, or nobody known
    proxies.py    what a trusted reverse proxy says is believed, what others say is removed
    csrf.py       writes from our own pages only
    security.py   headers, cross-site protection, the visitor's cookie
    limits.py     how long a request's body may be, by view
    requests.py   what of a request is read otherwise than Flask does
    inputs.py     query parameters and JSON bodies, read strictly
    elsewhere.py  what a search node of several machines leaves to the writer
    problems.py   every error → a page or problem+json
    encoding.py   documents → JSON
    precomputed.py  documents that are encoded once for several, and kept
    assets.py     static files: addresses, compression, how long browsers keep them
"""

from webui.http import assets, callers, csrf, elsewhere, encoding, inputs, problems, requests, security

#: in the order in which they look at a request
PARTS = (encoding, problems, requests, security, elsewhere, callers, csrf, inputs, assets)
