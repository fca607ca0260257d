"""What an editor is told before saving: findings, who has the question already, what else says the old figure.

::

    checker.py             everything at once, each finding at the field it is about
    field_places.py        which field a line of a file belongs to
    duplicates.py          who has this question already
    standing_facts.py      where else a fact still stands that an edit has changed
    question_trials.py     would a customer's sentence find this draft?
    dictionary_preview.py  which questions other dictionaries would change
    following.py           what of the catalog has changed since somebody looked last
"""
