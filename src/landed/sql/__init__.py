"""SQL text: splitting into statements with positions, normalising; one module per dialect."""
