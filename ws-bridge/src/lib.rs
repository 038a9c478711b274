//! The client's session with a server as a state machine without a socket.
#![forbid(unsafe_code)]
