//! TLS for clients: the server's certificate and key, by rustls.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use config::{Id, Settings};
use error::{Result, error};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use system::secret::SecretBytes;

use crate::connection::Socket;
use crate::tls_choice;

/// What clients name in the handshake when they speak TLS without asking first.
const APPLICATION_PROTOCOL: &[u8] = b"postgresql";

/// The configuration that the settings ask for; `None` while `ssl` is off.
/// # Errors
/// F0000 for files that cannot be read or do not fit.
pub fn load(settings: &Settings) -> Result<Option<Arc<ServerConfig>>> {
    if !settings.bool(Id::Ssl) {
        return Ok(None);
    }
    let (certificate, key) = (settings.text(Id::SslCertFile), settings.text(Id::SslKeyFile));
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(|cause| {
            error!(CONFIG_FILE_ERROR, "could not load server certificate file \"{certificate}\": {cause}")
        })?;
    check_key_access(key)?;
    let failed = |cause: &dyn std::fmt::Display| {
        error!(CONFIG_FILE_ERROR, "could not load private key file \"{key}\": {cause}")
    };
    // What remains of it is the copy in the signing code, which no dump shows unless dumps are allowed.
    let text = SecretBytes::read_file(Path::new(key)).map_err(|cause| failed(&cause))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|cause| failed(&cause))?;
    drop(text);
    let unusable = |cause: rustls::Error| {
        error!(CONFIG_FILE_ERROR, "certificate \"{certificate}\" and key \"{key}\" cannot be used: {cause}")
    };
    let provider = Arc::new(tls_choice::provider(settings)?);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(settings)?)
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    config.ignore_client_order = settings.bool(Id::SslPreferServerCiphers);
    config.alpn_protocols = vec![APPLICATION_PROTOCOL.to_vec()];
    Ok(Some(Arc::new(config)))
}

/// The protocol versions between the least and the greatest that are allowed. Those before 1.2 are not there.
fn versions(settings: &Settings) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let (least, greatest) =
        (settings.text(Id::SslMinProtocolVersion), settings.text(Id::SslMaxProtocolVersion));
    let known = [("TLSv1.2", &rustls::version::TLS12), ("TLSv1.3", &rustls::version::TLS13)];
    let is_allowed = |name: &str| name >= least && (greatest.is_empty() || name <= greatest);
    let versions: Vec<_> =
        known.into_iter().filter(|(name, _)| is_allowed(name)).map(|(_, version)| version).collect();
    if versions.is_empty() && (greatest.is_empty() || least <= greatest) {
        let text = "could not set maximum SSL protocol version";
        return Err(error!(CONFIG_FILE_ERROR, "{text}").detail("Versions before TLSv1.2 are not supported."));
    }
    if versions.is_empty() {
        return Err(error!(CONFIG_FILE_ERROR, "could not set SSL protocol version range")
            .detail("\"ssl_min_protocol_version\" cannot be higher than \"ssl_max_protocol_version\""));
    }
    Ok(versions)
}

/// A key that others can read is no secret.
fn check_key_access(key: &str) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(key).map_err(|cause| {
        error::Error::io(format_args!("could not access private key file \"{key}\""), &cause)
    })?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        return Err(error!(CONFIG_FILE_ERROR, "private key file \"{key}\" has group or world access").detail(
            "File must have permissions u=rw (0600) or less if owned by the database user, or permissions \
             u=rw,g=r (0640) or less if owned by root.",
        ));
    }
    Ok(())
}

/// The encrypted stream over a socket that does not block.
pub(crate) struct TlsStream(ServerConnection);

impl TlsStream {
    pub(crate) fn new(config: &Arc<ServerConfig>) -> io::Result<TlsStream> {
        ServerConnection::new(config.clone()).map(TlsStream).map_err(io::Error::other)
    }

    /// One step of the handshake; true when it is done. `WouldBlock` when the socket has to be waited for.
    pub(crate) fn handshake(&mut self, socket: &mut Socket) -> io::Result<bool> {
        while self.0.is_handshaking() {
            self.send_pending(socket)?;
            if self.0.is_handshaking() && !self.receive(socket)? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.send_pending(socket)?;
        Ok(true)
    }

    pub(crate) fn wants_write(&self) -> bool {
        self.0.wants_write()
    }

    pub(crate) fn application_protocol(&self) -> Option<&[u8]> {
        self.0.alpn_protocol()
    }

    /// Protocol version and cipher suite, for the log and `pg_stat_ssl`.
    pub(crate) fn description(&self) -> (String, String) {
        let version = match self.0.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2".to_string(),
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3".to_string(),
            other => format!("{other:?}"),
        };
        let cipher = self.0.negotiated_cipher_suite().map(|suite| tls_choice::name_of(suite.suite()));
        (version, cipher.unwrap_or_default())
    }

    pub(crate) fn read(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.reader().read(buffer) {
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {}
                // A peer that closed the socket without a word of farewell has closed it all the same.
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                other => return other,
            }
            if self.0.wants_write() {
                self.send_pending(socket)?;
            }
            self.receive(socket)?;
        }
    }

    /// Takes bytes in and sends what the socket takes. What was taken counts as written.
    pub(crate) fn write(&mut self, socket: &mut Socket, bytes: &[u8]) -> io::Result<usize> {
        if self.0.wants_write() {
            self.send_pending(socket)?;
        }
        let count = self.0.writer().write(bytes)?;
        match self.send_pending(socket) {
            Err(cause) if cause.kind() != io::ErrorKind::WouldBlock => Err(cause),
            _ => Ok(count),
        }
    }

    pub(crate) fn send_pending(&mut self, socket: &mut Socket) -> io::Result<()> {
        while self.0.wants_write() {
            self.0.write_tls(socket)?;
        }
        Ok(())
    }

    pub(crate) fn say_farewell(&mut self, socket: &mut Socket) {
        self.0.send_close_notify();
        // The client may be gone already.
        let _ = self.send_pending(socket);
    }

    /// False at the end of the stream.
    fn receive(&mut self, socket: &mut Socket) -> io::Result<bool> {
        let count = self.0.read_tls(socket)?;
        if let Err(cause) = self.0.process_new_packets() {
            // The alert tells the client why.
            let _ = self.send_pending(socket);
            return Err(io::Error::other(cause));
        }
        Ok(count > 0)
    }
}
