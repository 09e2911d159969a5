"""The HTTP doors of one worker: who may ask, what a request must be, what is answered."""
