"""Several machines: one writer publishes what is served, search nodes follow (decision 0022).

::

    publishing.py  the writer's state compared with what is published, and what differs sent
    following.py   what is published since one looked last, taken over into the copy of a search node
    draining.py    what agents do on search nodes, on its way into the writer's log
    index.py       rows in the cluster; mailbox.py what happened on search nodes
    parts.py       what is published, and where it goes to

Who the one writer is: ``kb.cluster.lease``. Nothing here knows about threads or the web; ``kb.nodes`` runs it.
"""
