"""What goes over the wire, as DRF serializers: they check requests and describe responses."""
