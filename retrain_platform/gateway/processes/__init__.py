"""What every process of an instance shares: its life, its socket, its state, its children."""
