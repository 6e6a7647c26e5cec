"""Pictures: each is drawn from a frame that the user can have, and carries an alt text made of its numbers."""
