"""Search: strategies behind ask and tell.

They see points of a `Domain` and costs in seconds: neither templates nor machines. `STRATEGIES`
in `tvmtune.search.strategies` lists them, and `make_strategy` builds one by name.
"""
