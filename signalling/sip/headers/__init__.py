"""Header fields: the collection, and one module for each that has a structure of its own."""
