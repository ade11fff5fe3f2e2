"""Building and timing candidates in processes that may die."""
