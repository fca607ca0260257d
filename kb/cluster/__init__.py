"""The room of opensearch-py: nothing else imports it, and nothing else knows how a cluster is asked.

- ``client``: one connection to OpenSearch (or Elasticsearch, where the calls agree) with deadlines and repeats
- ``notes``: documents by name that nobody changes over another one; ``lease``: one at a time across machines
- ``refusals``: what it says when it can't, as our errors in Chinese
"""
