"""The sql kind: a component is one SQL statement for a database, with bound parameters."""
