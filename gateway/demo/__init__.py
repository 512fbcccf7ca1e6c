"""The demonstration: real phones, a sample application, and the judgement of what each party heard."""
