"""Running files in a shadow and taking the effects of every statement."""
