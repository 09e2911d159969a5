"""A version tried over real HTTP before any traffic sees it."""
