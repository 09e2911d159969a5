"""The models of this project, one folder each."""
