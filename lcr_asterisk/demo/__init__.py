"""`lcr demo`: the whole system at work, with a simulated carrier and phones, checked by what was really heard."""
