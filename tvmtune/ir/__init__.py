"""Loop IR: nodes, traversal, printer, verifier, interpreter."""
