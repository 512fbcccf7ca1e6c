"""What REST does to conversations, members and events: the HTTP interface's ports, over the switchboard."""
