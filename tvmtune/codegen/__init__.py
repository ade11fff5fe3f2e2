"""Back ends: from loop IR to code."""
