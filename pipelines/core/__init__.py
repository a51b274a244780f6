"""The pure heart of Penstock: documents, checks, states and the machine. No I/O, no Django."""
