"""Changing articles one by one, with rights, drafts and a history; many at once are ``kb.bulk``'s or ``bulk_edits``'.

::

    writing.py     what every change has in common: read, judge, check rights, save
    editor.py      drafts, publishing, new articles
    history.py     revisions, as-of, restore, undo
    moving.py      move, change the id, archive, delete
    form.py        the form that stands for a file; placing, field_places, form_merging and seen belong to it
    versions.py    two texts compared, three merged
    bulk_edits.py  owner, channels, tags, review interval of many articles
    versions.py    versions of one article compared and merged
    dictionaries.py  terms, synonyms, stop words, and which queries a change would answer otherwise
"""
