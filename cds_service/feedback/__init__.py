"""What users did with the cards: counted by topic, by rule and by week, to see which are noisy."""
