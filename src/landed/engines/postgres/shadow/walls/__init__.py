"""The second wall: what a process that runs strangers' SQL can do on this machine, whatever it is told to.

The modules here import next to nothing: they also run in a bare interpreter that becomes that process.
"""
