"""The widgets the panes are made of."""
