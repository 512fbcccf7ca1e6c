"""The page that shows an OpenAPI document to people: one file of HTML, without anything from elsewhere."""
