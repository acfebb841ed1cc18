"""What follows a call: pages are worked until somebody acknowledges, and people are told in their own ways."""
