"""The shell kind: a component is a command; inputs and parameters reach it as variables."""
