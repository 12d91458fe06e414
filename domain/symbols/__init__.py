"""What is traded and what it is called: underlyings, option contracts and their spellings elsewhere."""
