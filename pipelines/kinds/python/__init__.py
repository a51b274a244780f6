"""The python kind: a component is a function; its type hints are its ports, its docstring its docs."""
