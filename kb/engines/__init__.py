"""Adapters of the SearchEngine port: each third-party engine is imported in one file only.

- ``embedded``: what both share: opening, renewing, batches, rebuilds; ``generations``: directories, the CURRENT
  pointer, the write lock; ``damage``: one error for whatever is broken; ``preparing``: what is indexed of a document
- ``scoring``: BM25 over posting arrays, facet counts, pure numpy
- ``bounded_cache``: arrays kept in memory; ``highlighting``: what of a query is marked in a text
- ``whoosh_index``: the one file that imports Whoosh: postings in, postings out
- ``whoosh_view``: searching one commit
- ``whoosh_engine``: the adapter that puts them together
- ``tantivy_index``: the one file that imports tantivy: documents in, candidates out
- ``candidates``, ``rescoring``, ``forward``: how many candidates, our formula for them, the frequencies that it needs
- ``tantivy_view``, ``tantivy_engine``: as for Whoosh; ``manifest``: checksums of the files
"""
