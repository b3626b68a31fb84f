"""The network. `servers` hands out clients by connection; `http` is the only file that touches a socket's library;
`engine_process` owns the built-in engine. Next door, `services/ports` says what is expected of this room."""
