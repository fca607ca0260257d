"""Chinese text, pure functions: normalise, tokenise, section, mask, render. No files, no engine."""
