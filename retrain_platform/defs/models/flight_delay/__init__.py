"""Will a flight from New York arrive late?"""
