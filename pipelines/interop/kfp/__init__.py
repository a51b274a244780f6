"""Kubeflow Pipelines' `component.yaml`, both ways."""
