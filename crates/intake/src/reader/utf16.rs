//! UTF-16 text turned into UTF-8 while it is read, because spreadsheets still save it as "Unicode text".

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16LE};

/// Decodes by the byte-order mark at the start of the source.
pub(crate) struct Utf16Reader {
    source: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    text: String,
    given: usize,
    ended: bool,
}

impl Utf16Reader {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source,
            decoder: UTF_16LE.new_decoder(),
            raw: vec![0; 64 * 1024],
            text: String::new(),
            given: 0,
            ended: false,
        }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let n = self.source.read(&mut self.raw)?;
        self.ended = n == 0;
        let bytes = self.raw.get(..n).unwrap_or(&[]);
        self.text.clear();
        self.given = 0;
        let room = self.decoder.max_utf8_buffer_length(n).unwrap_or(4 * n + 16);
        self.text.reserve(room);
        // With that much room the decoder always takes all of its input.
        let _ = self.decoder.decode_to_string(bytes, &mut self.text, self.ended);
        Ok(())
    }
}

impl Read for Utf16Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            self.decode_more()?;
        }
        let rest = self.text.as_bytes().get(self.given..).unwrap_or(&[]);
        let n = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest.iter().take(n)) {
            *to = *from;
        }
        self.given += n;
        Ok(n)
    }
}
