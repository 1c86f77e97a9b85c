"""Who calls: the JSON Web Tokens with which CDS clients sign their calls."""
