"""What people see; server-rendered, complete without JavaScript. Rights are the desk's, pages only ask what to offer.

::

    reading.py       /  /a/<id>  /browse          search with the FAQ panel, one article, the tree
    conversation.py  /recommend                   a customer's messages, answered sentence by sentence
    gaps.py          /gaps                        "this should have been answered": reported, listed, dealt with
    login.py         /login  /logout  /account    in, out, one's own account
    oidc.py          /login/oidc                  to the single sign-on and back
    admin.py         /admin                       accounts, tokens, audit log
    editor.py        /edit  /edit/<id>            the form in which articles are written, and saving it;
                     editor_page.py what it shows, editor_conflict.py after somebody else has saved, editor_labels.py
    history.py       /a/<id>/history              every text of an article, two side by side, as of a day
    operations.py    /a/<id>/manage               move, rename, archive, delete
    bulk.py          /bulk                        one change to many articles
    reports.py       /reports                     how the week was, with charts and files to download
    dictionaries.py  /dictionaries                terms, synonyms, stop words, and what a change would do
    review.py        /review                      what needs a reviewer, one article beside the list;
                     review_verdicts.py what they say of it, review_address.py, review_detail.py
    confirm.py       /confirm/<token>             confirming by the link of a reminder, without a login
    media.py         /media/…                     pictures of articles
    feeds.py         /feeds/…                     due dates for calendars, news of reviews for feed readers
    presentation.py  labels and marks for the templates; acting.py what pages on which one acts have in common;
    frequent.py      FAQ panel and hits, rendered once for all who see the same; helping.py where to go on from nothing
"""

from webui.pages import (
    acting,
    admin,
    bulk,
    confirm,
    conversation,
    dictionaries,
    editor,
    feeds,
    gaps,
    history,
    login,
    media,
    oidc,
    operations,
    presentation,
    reading,
    reports,
    review,
    review_verdicts,
)

PARTS = (presentation, acting)
_FOR_EVERYBODY = (reading, conversation, gaps, login, oidc, media, confirm, feeds)
_FOR_OWNERS = (editor, history, operations, bulk, dictionaries, reports, review, review_verdicts)
WITH_ROUTES = (*_FOR_EVERYBODY, *_FOR_OWNERS, admin)
