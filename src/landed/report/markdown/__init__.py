"""Reports as GitHub flavoured Markdown, for a job summary or a comment: one module per report that has it."""
