"""The http kind: a component is one HTTP request, with parameters and inputs put in its places."""
