"""Chain of custody: hash lists (ASC MHL) that come with a drive, and one for the clean files."""
