"""What comes up over the panes: help, explanations, choices. ``q`` closes each; Escape waits half a second in tmux."""
