"""What is learned: policies that construct routes, and hybrids with the searches."""
