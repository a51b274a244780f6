"""Steps in containers of this machine's Docker or Podman, over Docker's API.

`configured` is the door; the rest is loaded only when there is a daemon to talk to.
"""
