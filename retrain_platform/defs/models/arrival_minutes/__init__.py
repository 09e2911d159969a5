"""By how many minutes will a flight from New York arrive late or early?"""
