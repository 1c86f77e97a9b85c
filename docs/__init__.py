"""The pages of the site, and what makes the derived ones."""
