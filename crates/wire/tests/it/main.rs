//! Requests as clients send them, and requests as nobody should.
