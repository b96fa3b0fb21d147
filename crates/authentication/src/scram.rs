//! SCRAM-SHA-256 (RFC 5802, RFC 7677): verifiers of passwords, and the server's side of the exchange.
//!
//! ```text
//! client  n,,n=,r=CLIENT                       server  r=CLIENT+SERVER,s=SALT,i=ITERATIONS
//! client  c=biws,r=CLIENT+SERVER,p=PROOF       server  v=SIGNATURE
//! ```
//! Rule: a role without a usable password goes through the same exchange with a made-up salt, and fails at its end.

use std::borrow::Cow;

use error::{Error, Result, bail, error};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use system::secret::SecretBytes;
use zeroize::{Zeroize, Zeroizing};

use crate::base64;

pub const MECHANISM: &str = "SCRAM-SHA-256";
/// Bytes of a salt that we choose.
const SALT_LENGTH: usize = 16;
/// Random bytes of a nonce.
const NONCE_LENGTH: usize = 18;

type Key = [u8; 32];

/// What the server keeps of a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier {
    pub iterations: u32,
    pub salt: Vec<u8>,
    /// The stored key, then the server key.
    keys: SecretBytes,
}

impl Verifier {
    fn with_keys(iterations: u32, salt: Vec<u8>, stored_key: &Key, server_key: &Key) -> Verifier {
        let mut keys = SecretBytes::zeroed(64);
        keys.as_mut()[..32].copy_from_slice(stored_key);
        keys.as_mut()[32..].copy_from_slice(server_key);
        Verifier { iterations, salt, keys }
    }

    fn stored_key(&self) -> &[u8] {
        &self.keys[..32]
    }

    fn server_key(&self) -> &[u8] {
        &self.keys[32..]
    }

    /// The verifier of a password.
    pub fn new(password: &str, salt: &[u8], iterations: u32) -> Verifier {
        let salted = salted_password(password, salt, iterations);
        let client_key = Zeroizing::new(keyed(&*salted, &[b"Client Key"]));
        let stored_key = Zeroizing::new(Sha256::digest(*client_key).into());
        let server_key = Zeroizing::new(keyed(&*salted, &[b"Server Key"]));
        Verifier::with_keys(iterations, salt.to_vec(), &stored_key, &server_key)
    }

    /// The same with a fresh salt.
    pub fn generate(password: &str, iterations: u32) -> Result<Verifier> {
        let mut salt = [0; SALT_LENGTH];
        system::random::fill(&mut salt)
            .map_err(|_| error!(INTERNAL_ERROR, "could not generate random salt"))?;
        Ok(Verifier::new(password, &salt, iterations))
    }

    /// `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`, or `None` if the text is something else.
    pub fn parse(text: &str) -> Option<Verifier> {
        let rest = text.strip_prefix("SCRAM-SHA-256$")?;
        let (parameters, keys) = rest.split_once('$')?;
        let (iterations, salt) = parameters.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let iterations = iterations.parse().ok().filter(|count| *count > 0)?;
        let key = |text| -> Option<Zeroizing<Key>> {
            let bytes = Zeroizing::new(base64::decode(text)?);
            Some(Zeroizing::new(bytes[..].try_into().ok()?))
        };
        let (stored_key, server_key) = (key(stored_key)?, key(server_key)?);
        Some(Verifier::with_keys(iterations, base64::decode(salt)?, &stored_key, &server_key))
    }

    /// Whether this is the verifier of the password.
    pub fn accepts(&self, password: &str) -> bool {
        let other = Verifier::new(password, &self.salt, self.iterations);
        bool::from(self.server_key().ct_eq(other.server_key()))
    }

    /// One that nobody's password fits, always the same for the same name.
    pub fn mock(role: &str, secret: &[u8], iterations: u32) -> Verifier {
        let salt = keyed(secret, &[role.as_bytes()]);
        Verifier::with_keys(iterations, salt[..SALT_LENGTH].to_vec(), &[0; 32], &[0; 32])
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{MECHANISM}${}:{}${}:{}",
            self.iterations,
            base64::encode(&self.salt),
            base64::encode(self.stored_key()),
            base64::encode(self.server_key())
        )
    }
}

/// The server's side of one exchange.
pub struct Exchange {
    verifier: Verifier,
    /// A mock cannot succeed, whatever is proved.
    is_mock: bool,
    client_first_bare: String,
    server_first: String,
    nonce: String,
    channel_binding: String,
}

impl Exchange {
    /// Answers the client's first message.
    /// # Errors
    /// 08P01 for a message that breaks the rules.
    pub fn start(verifier: Verifier, is_mock: bool, client_first: &[u8]) -> Result<(Exchange, String)> {
        let mut random = [0; NONCE_LENGTH];
        system::random::fill(&mut random)
            .map_err(|_| error!(INTERNAL_ERROR, "could not generate random nonce"))?;
        Exchange::start_with_nonce(verifier, is_mock, client_first, &base64::encode(&random))
    }

    fn start_with_nonce(
        verifier: Verifier,
        is_mock: bool,
        client_first: &[u8],
        server_nonce: &str,
    ) -> Result<(Exchange, String)> {
        let text = message_text(client_first)?;
        let (header, bare) = match text.split_at_checked(3) {
            Some((header @ ("n,," | "y,,"), bare)) => (header, bare),
            _ if text.starts_with("p=") => {
                return Err(malformed(
                    "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.",
                ));
            }
            _ if text.starts_with("n,a=") || text.starts_with("y,a=") => {
                bail!(FEATURE_NOT_SUPPORTED, "client uses authorization identity, but it is not supported")
            }
            _ => return Err(malformed("Unexpected channel-binding flag.")),
        };
        if bare.starts_with("m=") {
            bail!(FEATURE_NOT_SUPPORTED, "client requires an unsupported SCRAM extension");
        }
        let mut attributes = bare.split(',');
        // The name is that of the start-up packet; this one is not looked at.
        attribute(attributes.next(), 'n')?;
        let client_nonce = attribute(attributes.next(), 'r')?;
        if !client_nonce.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            bail!(PROTOCOL_VIOLATION, "non-printable characters in SCRAM nonce");
        }
        let nonce = format!("{client_nonce}{server_nonce}");
        let server_first =
            format!("r={nonce},s={},i={}", base64::encode(&verifier.salt), verifier.iterations);
        let exchange = Exchange {
            verifier,
            is_mock,
            client_first_bare: bare.to_string(),
            server_first: server_first.clone(),
            nonce,
            channel_binding: base64::encode(header.as_bytes()),
        };
        Ok((exchange, server_first))
    }

    /// Checks the client's proof. `None` when the password is wrong, else the server's own proof.
    /// # Errors
    /// 08P01 for a message that breaks the rules.
    pub fn finish(self, client_final: &[u8]) -> Result<Option<String>> {
        let text = message_text(client_final)?;
        let (without_proof, proof) =
            text.rsplit_once(",p=").ok_or_else(|| malformed("Malformed proof in client-final-message."))?;
        let mut attributes = without_proof.split(',');
        if attribute(attributes.next(), 'c')? != self.channel_binding {
            bail!(PROTOCOL_VIOLATION, "unexpected SCRAM channel-binding attribute in client-final-message");
        }
        if attribute(attributes.next(), 'r')? != self.nonce {
            return Err(error!(PROTOCOL_VIOLATION, "invalid SCRAM response").detail("Nonce does not match."));
        }
        let proof: Key = base64::decode(proof)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| malformed("Malformed proof in client-final-message."))?;
        let parts = [
            self.client_first_bare.as_bytes(),
            b",",
            self.server_first.as_bytes(),
            b",",
            without_proof.as_bytes(),
        ];
        let signature = keyed(self.verifier.stored_key(), &parts);
        let mut client_key = Zeroizing::new(proof);
        client_key.iter_mut().zip(signature).for_each(|(byte, mask)| *byte ^= mask);
        let stored_key: Key = Sha256::digest(*client_key).into();
        if !bool::from(stored_key.ct_eq(self.verifier.stored_key())) || self.is_mock {
            return Ok(None);
        }
        Ok(Some(format!("v={}", base64::encode(&keyed(self.verifier.server_key(), &parts)))))
    }
}

/// The password as RFC 4013 prepares it; one that cannot be prepared is taken as it is.
fn normalized(password: &str) -> Cow<'_, str> {
    stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password))
}

fn salted_password(password: &str, salt: &[u8], iterations: u32) -> Zeroizing<Key> {
    let mut salted = Zeroizing::new([0; 32]);
    let mut prepared = normalized(password);
    pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), salt, iterations, &mut *salted);
    if let Cow::Owned(copy) = &mut prepared {
        copy.zeroize();
    }
    salted
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> Key {
    // HMAC takes keys of every length, so that the error cannot come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn message_text(bytes: &[u8]) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok("") => Err(malformed("The message is empty.")),
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(malformed("Message length does not match input length.")),
    }
}

fn attribute(part: Option<&str>, name: char) -> Result<&str> {
    let part = part.ok_or_else(|| malformed("Attribute expected, but found end of message."))?;
    part.strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='))
        .ok_or_else(|| malformed(&format!("Expected attribute \"{name}\".")))
}

fn malformed(detail: &str) -> Error {
    error!(PROTOCOL_VIOLATION, "malformed SCRAM message").detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT_FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const CLIENT_FINAL: &[u8] = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn verifier() -> Verifier {
        Verifier::new("pencil", &base64::decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), 4096)
    }

    /// The example of RFC 7677, section 3.
    #[test]
    fn example_of_the_standard() {
        let (exchange, first) =
            Exchange::start_with_nonce(verifier(), false, CLIENT_FIRST, SERVER_NONCE).unwrap();
        assert_eq!(
            first,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let last = exchange.finish(CLIENT_FINAL).unwrap();
        assert_eq!(last.as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    /// A wrong password and a mock fail at the end, a changed nonce or binding breaks the rules.
    #[test]
    fn what_is_refused() {
        let other = Verifier::new("pencils", &verifier().salt, 4096);
        for (verifier, is_mock) in [(other, false), (verifier(), true)] {
            let (exchange, _) =
                Exchange::start_with_nonce(verifier, is_mock, CLIENT_FIRST, SERVER_NONCE).unwrap();
            assert_eq!(exchange.finish(CLIENT_FINAL).unwrap(), None);
        }
        let (exchange, _) =
            Exchange::start_with_nonce(verifier(), false, CLIENT_FIRST, "otherNonce").unwrap();
        assert!(exchange.finish(CLIENT_FINAL).is_err());
        let (exchange, _) =
            Exchange::start_with_nonce(verifier(), false, b"y,,n=user,r=rOprNGfwEbeRWgbNEkqO", SERVER_NONCE)
                .unwrap();
        assert!(exchange.finish(CLIENT_FINAL).is_err(), "binding of another header");
        for wrong in [&b""[..], b"n", b"p=tls-unique,,n=,r=x", b"n,a=x,n=,r=x", b"n,,r=x", b"n,,n=,r=\x01"] {
            assert!(Exchange::start(verifier(), false, wrong).is_err(), "{wrong:?}");
        }
    }

    /// The stored form survives, and knows its password.
    #[test]
    fn stored_form() {
        let made = Verifier::generate("geheim", 4096).unwrap();
        let read = Verifier::parse(&made.to_string()).unwrap();
        assert_eq!(read, made);
        assert!(read.accepts("geheim") && !read.accepts("Geheim"));
        assert_eq!(Verifier::parse("md53175bce1d3201d16594cebf9d7eb3f9d"), None);
        assert_eq!(Verifier::mock("a", b"s", 4096), Verifier::mock("a", b"s", 4096));
        assert_ne!(Verifier::mock("a", b"s", 4096), Verifier::mock("b", b"s", 4096));
    }

    proptest::proptest! {
        /// Whatever a client sends, the answer is a value and never a panic.
        #[test]
        fn any_message_is_answered(first in ".*", last in ".*", bytes: Vec<u8>) {
            for message in [first.as_bytes(), &bytes, format!("n,,{first}").as_bytes()] {
                let _ = Exchange::start(Verifier::mock("a", b"s", 1), false, message);
            }
            let (exchange, _) =
                Exchange::start_with_nonce(Verifier::mock("a", b"s", 1), true, CLIENT_FIRST, SERVER_NONCE).unwrap();
            proptest::prop_assert!(!matches!(exchange.finish(last.as_bytes()), Ok(Some(_))));
            let _ = Verifier::parse(&last);
        }
    }
}
