"""Changing articles one by one, with rights, drafts and a history; many at once are ``kb.bulk``'s or ``bulk_edits``'.

::

    writing.py            what every change has in common: read, judge, check rights, save
    editor.py             drafts, publishing, new articles
    history.py            revisions, as-of, restore, undo; fates.py says what became of an article
    moving.py             move, change the id, archive, delete
    form.py               the form that stands for a file; placing.py, form_merging.py and seen.py belong to it
    versions.py           two texts compared, three merged
    bulk_edits.py         owner, channels, tags, review interval of many articles
    dictionary_editor.py  terms, synonyms, stop words
"""
