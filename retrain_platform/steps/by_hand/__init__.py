"""What a person does to a model, at whatever door: the command line, the admin API, a link in a notice."""
