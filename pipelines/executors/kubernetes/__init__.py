"""Steps in containers of a Kubernetes cluster: one Job for each attempt.

`configured` is the door; the rest is loaded only when there is a cluster to talk to. `carrier` is
what runs in the pod beside the step's own container, and needs nothing but the standard library.
"""
