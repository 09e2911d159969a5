"""The process that acts for people: admin API, approval links, notices."""
