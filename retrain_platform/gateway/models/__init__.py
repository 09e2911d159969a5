"""The models of one worker: a request read as its model asks it, versions loaded, tried, switched, asked."""
