"""The person's library on screen: parts with where they are used, and small trees to look at."""
