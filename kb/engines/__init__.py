"""Adapters of the SearchEngine port: each third-party engine is imported in one file only.

- ``generations``: directories, the CURRENT pointer, the write lock; shared by embedded engines
- ``scoring``: BM25 over posting arrays, facet counts, pure numpy
- ``bounded_cache``: arrays kept in memory; ``highlighting``: what of a query is marked in a text
- ``whoosh_index``: the one file that imports Whoosh: postings in, postings out
- ``whoosh_view``: searching one commit
- ``whoosh_engine``: the adapter that puts them together
"""
