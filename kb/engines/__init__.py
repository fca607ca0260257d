"""Adapters of the SearchEngine port: what imports a third-party engine does nothing else.

- ``generational``: opening, renewing, batches, rebuilds; ``embedded``: the same below one folder; ``generations``:
  directories, the CURRENT pointer, the write lock; ``damage``: one error for whatever is broken; ``preparing``: what is
  indexed of a document
- ``view``: searching one commit, of what a ``reader`` gives or an ``overlay`` with one document more
- ``scoring``: BM25 over posting arrays, facet counts, pure numpy
- ``highlighting``: what of a query is marked in a text
- ``whoosh_index``: postings into Whoosh's files and out; ``whoosh_segment``: reading these files without loading them
  (nothing else imports Whoosh); ``sealing``: their checksums
- ``whoosh_engine``: the adapter on it; ``whoosh_build``: two processes for large builds
- ``tantivy_index``: the one file that imports tantivy: documents in, postings out; ``manifest``: its checksums
- ``tantivy_engine``: the adapter on it
- ``cluster_documents``: how an index of a cluster is laid out; ``cluster_index``: written and read (through
  ``kb.cluster``); ``cluster_reader``: what is kept of it in memory; ``cluster_generations``: indexes, aliases, lease
- ``opensearch_engine``: the adapter on them
"""
