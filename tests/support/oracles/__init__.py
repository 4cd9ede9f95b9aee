"""What says, without landed, whether landed is right."""
