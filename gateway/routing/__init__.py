"""From a number or URI to an application, an endpoint, a trunk."""
