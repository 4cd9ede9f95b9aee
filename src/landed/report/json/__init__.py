"""Reports as documents for programs (schema ``landed/2``): one module per command, and what they share."""
