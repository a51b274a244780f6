"""The container kind: a component is an image and what to run in it."""
