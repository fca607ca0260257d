"""Adapters of the SearchEngine port: each third-party engine is imported in one file only.

- ``embedded``: opening, renewing, batches, rebuilds; ``generations``: directories, the CURRENT pointer, the write
  lock; ``damage``: one error for whatever is broken; ``preparing``: what is indexed of a document
- ``view``: searching one commit, of what a ``reader`` gives or an ``overlay`` with one document more
- ``scoring``: BM25 over posting arrays, facet counts, pure numpy
- ``highlighting``: what of a query is marked in a text
- ``whoosh_index``: the one file that imports Whoosh: postings in, postings out; ``sealing``: its checksums
- ``whoosh_engine``: the adapter on it; ``whoosh_build``: two processes for large builds
- ``tantivy_index``: the one file that imports tantivy: documents in, postings out; ``manifest``: its checksums
- ``tantivy_engine``: the adapter on it
"""
