//! How messages travel to the logger: in frames, each small enough that the kernel does not split its write.
//!
//! ```text
//! 0 | destination | 1 for the last of its message | length (u16) | process (i32) | bytes of the message
//! ```
//! Numbers are little-endian. What comes without a frame, from whoever else writes to the standard error, belongs to the stderr log.

use std::collections::HashMap;
use std::io::Write;

/// A form of the log, and the file that it goes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Destination {
    Stderr,
    Csv,
    Json,
}

impl Destination {
    pub const ALL: [Destination; 3] = [Destination::Stderr, Destination::Csv, Destination::Json];

    /// As `log_destination` names it.
    pub fn name(self) -> &'static str {
        match self {
            Destination::Stderr => "stderr",
            Destination::Csv => "csvlog",
            Destination::Json => "jsonlog",
        }
    }

    /// Those that the text of `log_destination` names.
    pub fn parse(text: &str) -> Vec<Destination> {
        let has = |name: &str| text.split(',').any(|word| word.trim().eq_ignore_ascii_case(name));
        Destination::ALL.into_iter().filter(|destination| has(destination.name())).collect()
    }
}

const HEADER: usize = 9;
/// Writes up to this many bytes are not split: the least that POSIX lets PIPE_BUF be is less, Linux has this.
const FRAME: usize = 4096;

/// Sends a message in frames.
pub(crate) fn send(output: &mut impl Write, destination: Destination, process: i32, text: &[u8]) {
    let count = text.len().div_ceil(FRAME - HEADER);
    for (at, part) in text.chunks(FRAME - HEADER).enumerate() {
        let mut frame = Vec::with_capacity(HEADER + part.len());
        frame.extend([0, destination as u8, u8::from(at + 1 == count)]);
        frame.extend((part.len() as u16).to_le_bytes());
        frame.extend(process.to_le_bytes());
        frame.extend(part);
        // Where the log itself cannot be written there is nowhere left to tell it.
        let _ = output.write_all(&frame);
    }
}

/// Puts messages together from what arrives.
#[derive(Default)]
pub(crate) struct Assembler {
    pending: Vec<u8>,
    partial: HashMap<(i32, Destination), Vec<u8>>,
}

impl Assembler {
    /// Takes bytes in, and hands out each message that is complete.
    pub fn accept(&mut self, bytes: &[u8], mut write: impl FnMut(Destination, &[u8])) {
        self.pending.extend(bytes);
        let mut at = 0;
        loop {
            let rest = &self.pending[at..];
            if rest.is_empty() {
                break;
            }
            if rest[0] != 0 {
                let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
                write(Destination::Stderr, &rest[..end]);
                at += end;
                continue;
            }
            if rest.len() < HEADER {
                break;
            }
            let length = usize::from(u16::from_le_bytes([rest[3], rest[4]]));
            let destination = Destination::ALL.get(usize::from(rest[1]));
            let (Some(destination), true) = (destination, rest[2] < 2 && length <= FRAME) else {
                // A stray zero byte.
                at += 1;
                continue;
            };
            let Some(part) = rest.get(HEADER..HEADER + length) else { break };
            let key = (i32::from_le_bytes([rest[5], rest[6], rest[7], rest[8]]), *destination);
            let is_last = rest[2] == 1;
            match self.partial.remove(&key) {
                Some(mut earlier) => {
                    earlier.extend(part);
                    if is_last {
                        write(key.1, &earlier);
                    } else {
                        self.partial.insert(key, earlier);
                    }
                }
                None if is_last => write(key.1, part),
                None => drop(self.partial.insert(key, part.to_vec())),
            }
            at += HEADER + length;
        }
        self.pending.drain(..at);
    }

    /// Nobody writes any more: hands out what never became complete.
    pub fn finish(&mut self, mut write: impl FnMut(Destination, &[u8])) {
        for ((_, destination), part) in self.partial.drain() {
            write(destination, &part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of several processes come out whole, however the pipe cuts them, with other text between them.
    #[test]
    fn messages_come_out_whole() {
        let long: Vec<u8> = (0..10_000u32).map(|n| b'a' + (n % 26) as u8).collect();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        send(&mut one, Destination::Csv, 7, &long);
        send(&mut two, Destination::Stderr, 8, b"short\n");
        let mut all = b"raw\n".to_vec();
        all.extend(&one[..FRAME]);
        all.extend(&two);
        all.extend(&one[FRAME..]);
        for step in [1, 5, 1000, all.len()] {
            let mut assembler = Assembler::default();
            let mut found = Vec::new();
            for part in all.chunks(step) {
                assembler.accept(part, |destination, text| found.push((destination, text.to_vec())));
            }
            let csv: Vec<_> = found.iter().filter(|(to, _)| *to == Destination::Csv).collect();
            assert!(csv.len() == 1 && csv[0].1 == long);
            let text: Vec<u8> = found
                .iter()
                .filter(|(to, _)| *to == Destination::Stderr)
                .flat_map(|(_, t)| t.clone())
                .collect();
            assert_eq!(text, b"raw\nshort\n");
        }
    }
}
