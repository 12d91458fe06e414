"""The whole system on one machine that has only Python and make: what stands behind the targets of the Makefile."""
