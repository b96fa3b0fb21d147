//! Which cipher suites and groups TLS may use: the settings are in the words of OpenSSL, the suites are those of rustls.
//!
//! A list for TLS 1.2 is worked through from left to right: `NAME` adds suites, `-NAME` takes them out, `!NAME` does so for good, `+NAME`
//! moves them to the end, and `A+B` are suites that are both. Words for what rustls does not have - anything without forward secrecy
//! or authenticated encryption - add nothing.

use config::{Id, Settings};
use error::{Result, error};
use rustls::crypto::ring::cipher_suite::*;
use rustls::crypto::ring::kx_group;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{CipherSuite, SupportedCipherSuite};

/// OpenSSL's names, in the order of its preference.
static SUITES: [(&str, SupportedCipherSuite); 6] = [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES256-GCM-SHA384", TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-AES128-GCM-SHA256", TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
];

static SUITES_OF_1_3: [(&str, SupportedCipherSuite); 3] = [
    ("TLS_AES_256_GCM_SHA384", TLS13_AES_256_GCM_SHA384),
    ("TLS_CHACHA20_POLY1305_SHA256", TLS13_CHACHA20_POLY1305_SHA256),
    ("TLS_AES_128_GCM_SHA256", TLS13_AES_128_GCM_SHA256),
];

/// The cryptography that the settings allow.
/// # Errors
/// F0000 for TLS 1.3 suites and groups that are not there.
pub(crate) fn provider(settings: &Settings) -> Result<CryptoProvider> {
    let mut cipher_suites = suites_of_1_3(settings.text(Id::SslTls13Ciphers))?;
    cipher_suites.extend(suites(settings.text(Id::SslCiphers)));
    let kx_groups = groups(settings.text(Id::SslGroups))?;
    Ok(CryptoProvider { cipher_suites, kx_groups, ..rustls::crypto::ring::default_provider() })
}

/// OpenSSL's name of a suite.
pub(crate) fn name_of(suite: CipherSuite) -> String {
    let known = SUITES.iter().chain(&SUITES_OF_1_3).find(|(_, known)| known.suite() == suite);
    known.map_or_else(|| format!("{suite:?}"), |(name, _)| (*name).to_string())
}

fn suites(list: &str) -> Vec<SupportedCipherSuite> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut excluded = [false; SUITES.len()];
    for word in list.split([':', ',', ';', ' ']).filter(|word| !word.is_empty()) {
        if word == "@STRENGTH" {
            chosen.sort_by_key(|at| SUITES[*at].0.contains("AES128"));
        }
        let (action, words) = match word.as_bytes()[0] {
            b'!' | b'-' | b'+' => (word.as_bytes()[0], &word[1..]),
            _ => (0, word),
        };
        let found: Vec<usize> = (0..SUITES.len())
            .filter(|at| words.split('+').all(|word| is_meant(SUITES[*at].0, word)))
            .collect();
        match action {
            b'+' => {
                let moved: Vec<usize> = found.into_iter().filter(|at| chosen.contains(at)).collect();
                chosen.retain(|at| !moved.contains(at));
                chosen.extend(moved);
            }
            b'-' | b'!' => {
                chosen.retain(|at| !found.contains(at));
                if action == b'!' {
                    found.iter().for_each(|at| excluded[*at] = true);
                }
            }
            _ => {
                let more: Vec<usize> =
                    found.into_iter().filter(|at| !chosen.contains(at) && !excluded[*at]).collect();
                chosen.extend(more);
            }
        }
    }
    chosen.into_iter().map(|at| SUITES[at].1).collect()
}

/// Whether a word of a list means a suite, by its name or one of its properties.
fn is_meant(suite: &str, word: &str) -> bool {
    match word {
        "ALL" | "DEFAULT" | "HIGH" | "TLSv1.2" | "ECDHE" | "EECDH" | "kECDHE" | "kEECDH" | "ECDH" => true,
        "aRSA" => suite.contains("-RSA-"),
        "ECDSA" | "aECDSA" => suite.contains("-ECDSA-"),
        "AES" | "AESGCM" => suite.contains("-GCM-"),
        "AES128" | "AES256" | "CHACHA20" => suite.contains(word),
        _ => suite == word,
    }
}

fn suites_of_1_3(list: &str) -> Result<Vec<SupportedCipherSuite>> {
    if list.is_empty() {
        return Ok(SUITES_OF_1_3.iter().map(|(_, suite)| *suite).collect());
    }
    let find = |word: &str| SUITES_OF_1_3.iter().find(|(name, _)| *name == word).map(|(_, suite)| *suite);
    let chosen: Option<Vec<_>> =
        list.split(':').map(str::trim).filter(|word| !word.is_empty()).map(find).collect();
    chosen.filter(|chosen| !chosen.is_empty()).ok_or_else(|| {
        error!(CONFIG_FILE_ERROR, "could not set the TLSv1.3 cipher suites (no valid ciphers available)")
    })
}

fn groups(list: &str) -> Result<Vec<&'static dyn SupportedKxGroup>> {
    let find = |word: &str| {
        Some(match word.to_ascii_lowercase().as_str() {
            "x25519" => kx_group::X25519,
            "prime256v1" | "secp256r1" | "p-256" => kx_group::SECP256R1,
            "secp384r1" | "p-384" => kx_group::SECP384R1,
            _ => return None,
        })
    };
    let chosen: Option<Vec<_>> = list.split(':').map(find).collect();
    chosen.ok_or_else(|| {
        error!(CONFIG_FILE_ERROR, "could not set group names specified in ssl_groups: No valid groups found")
            .hint("Ensure that each group name is spelled correctly and supported by the server.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expected: &[&str]) {
        let names: Vec<String> = suites(list).iter().map(|suite| name_of(suite.suite())).collect();
        assert_eq!(names, expected, "{list}");
    }

    /// Lists choose and order what `openssl ciphers` chooses of the suites that are there.
    #[test]
    fn lists_choose_suites() {
        let [e256, r256, echa, rcha, e128, r128] = SUITES.each_ref().map(|(name, _)| *name);
        check("HIGH:MEDIUM:+3DES:!aNULL", &[e256, r256, echa, rcha, e128, r128]);
        check("ECDHE-RSA-AES128-GCM-SHA256:nonsense", &[r128]);
        check("AES128+aRSA:ECDSA:!CHACHA20", &[r128, e256, e128]);
        check("ALL:-AES256:+aECDSA", &[rcha, r128, echa, e128]);
        check("!AES:ALL:-CHACHA20:CHACHA20+aRSA", &[rcha]);
        check("AES128:AES256:@STRENGTH:@SECLEVEL=2", &[e256, r256, e128, r128]);
        check("RSA:3DES:NULL", &[]);
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(suites_of_1_3("TLS_AES_128_GCM_SHA256:nonsense").is_err());
        assert_eq!(suites_of_1_3("TLS_AES_128_GCM_SHA256").unwrap().len(), 1);
        assert!(groups("X25519:nonsense").is_err());
        assert_eq!(groups("X25519:prime256v1").unwrap().len(), 2);
    }
}
