"""A whole Penstock in one file, and back again; whichever database either side uses."""
