"""The tests, folder by folder as in chatapp, plus kit (what they share), end_to_end, faults and benchmarks."""
