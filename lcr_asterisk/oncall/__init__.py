"""Who is on call: facts in (`model`), a pure answer at an instant (`schedule`, `escalation`). Never asks the time."""
