"""Pictures. They take arrays and histories, never train, and never show or save by themselves."""
