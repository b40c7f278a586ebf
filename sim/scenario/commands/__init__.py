"""Lines that people type, of kubectl and of a node's own shell."""
