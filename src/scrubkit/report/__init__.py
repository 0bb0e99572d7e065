"""What a run says: one JSON document to share, one to keep apart, and words for a terminal."""
