"""What ``kb lint --strict`` finds besides what breaks the format: each module holds one kind of check."""
