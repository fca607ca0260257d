"""ADAPTERS Embedder and VectorStore: the packaged model, any OpenAI-compatible endpoint, vectors in a file.

``providers.choose`` picks the embedder that the settings name. Each foreign library is imported in one file, and only
when it is used.
"""
