"""The control plane: conversations, their event log, NCCO, webhooks and the HTTP interface."""
