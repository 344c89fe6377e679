"""Pure thinking: each subject is one module or folder, and none knows another."""
