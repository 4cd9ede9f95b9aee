"""Reports as documents for programs (schema ``landed/1``): one module per command, and what they share."""
