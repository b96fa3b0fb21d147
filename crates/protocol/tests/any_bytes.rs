//! Whatever bytes a client sends, the codecs give a message or an error: they never panic and never reach beyond what was sent.
//!
//! Runs a second per test, or as many as `FERRODON_FUZZ_SECONDS` says.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use protocol::frame::{MAX_MESSAGE_LENGTH, message_frame, startup_frame};
use protocol::frontend::{Message, parse_message, parse_startup};

/// Tries values of the strategy until the time is over.
fn try_many<S: Strategy>(strategy: S, mut attempt: impl FnMut(&S::Value)) {
    let seconds = std::env::var("FERRODON_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let mut runner = TestRunner::default();
    while Instant::now() < deadline {
        attempt(&strategy.new_tree(&mut runner).unwrap().current());
    }
}

/// Bytes in which zeros, small numbers and the ends of ranges are common, as they are in messages.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0u8), 2 => 1u8..4, 1 => Just(0xff), 1 => Just(0x7f), 2 => any::<u8>(), 2 => b'a'..b'e'];
    prop::collection::vec(byte, 0..80)
}

#[test]
fn startup_packets() {
    let code = prop_oneof![Just(196_608u32), Just(80_877_102), Just(80_877_103), any::<u32>()];
    try_many((code, bytes()), |(code, rest)| {
        let body = [&code.to_be_bytes()[..], rest].concat();
        // An error is as good an outcome as any.
        let _ = parse_startup(&body);
        let _ = parse_startup(rest);
        if let Ok(Some(frame)) = startup_frame(rest) {
            assert!(frame.body_start <= frame.end && frame.end <= rest.len());
        }
    });
}

#[test]
fn messages() {
    let kind = prop::sample::select(b"QPBDECHSXdcfpF".to_vec());
    try_many((kind, bytes()), |(kind, body)| match parse_message(*kind, body) {
        Ok(Message::Bind(bind)) => {
            assert_eq!(bind.parameters().count(), bind.parameter_count);
            for index in 0..bind.parameter_count + 2 {
                let _ = (bind.parameter_format(index), bind.result_formats.of(index));
            }
        }
        Ok(Message::Parse { parameter_types, .. }) => assert!(parameter_types.iter().len() <= body.len()),
        Ok(_) => {}
        Err(error) => assert!(matches!(error.sqlstate().as_str(), "08P01" | "22021" | "22023")),
    });
}

/// Cutting a stream into messages always gets on, and gives each byte to one message only.
#[test]
fn streams() {
    let kind = prop::sample::select(b"QPBDECHSXdcfpF".to_vec());
    let message = (kind, bytes())
        .prop_map(|(kind, body)| [&[kind][..], &(4 + body.len() as u32).to_be_bytes(), &body].concat());
    let stream =
        (prop::collection::vec(message, 0..5), bytes()).prop_map(|(all, end)| [all.concat(), end].concat());
    try_many(stream, |stream| {
        let mut at = 0;
        while let Ok(Some(frame)) = message_frame(stream, at, MAX_MESSAGE_LENGTH) {
            assert!(frame.body_start == at + 5 && frame.end >= frame.body_start && frame.end <= stream.len());
            let _ = parse_message(frame.kind, &stream[frame.body_start..frame.end]);
            at = frame.end;
        }
    });
}
