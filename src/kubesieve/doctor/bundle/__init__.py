"""Evidence as a file to send: redacted, saved as one zip or folder, and read back as the hostile input it may be."""
