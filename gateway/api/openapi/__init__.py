"""The description of the HTTP interface as OpenAPI 3.1, made from the tables that serve it."""
