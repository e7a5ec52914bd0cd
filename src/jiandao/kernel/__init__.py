"""What every stage stands on: accounts, policy, lifecycle, journal and the other ideas of the house."""
