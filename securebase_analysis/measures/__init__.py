"""From codes and items to dimension scores, and how far to trust them."""
