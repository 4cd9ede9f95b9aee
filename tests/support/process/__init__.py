"""landed as a process of its own: started, forked, killed."""
