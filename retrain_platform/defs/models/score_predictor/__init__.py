"""How punctual will a carrier be at an airport on a day, as a score of 0 to 100?"""
