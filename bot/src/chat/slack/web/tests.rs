//! The calls against a server on a socket, which answers or breaks off as each test wants.
