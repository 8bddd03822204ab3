//! The certificate that visitors of `public_url` are shown: until when it is good, and whether programs accept it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Check, Fact, finding::Finding};
use crate::{
    clock::UnixSeconds,
    config::{Config, Proxies},
    i18n::io::IoFailure,
};

const TIMEOUT: Duration = Duration::from_secs(5);
const DAY: i64 = 86_400;
/// Whatever renews certificates has done so by then (certbot: 30 days before the end).
const SOON: i64 = 14;

/// Nothing where `public_url` is plain http, or is reached by a proxy of the environment's.
pub(super) async fn check(config: &Config, now: UnixSeconds) -> Option<Finding> {
    let url = config.public_url.as_url();
    let (host, port) = (url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?);
    if !config.public_url.is_https() || Proxies::of_environment().before(config.public_url.origin()).is_some() {
        return None;
    }
    let shown = timeout(TIMEOUT, shown(&host, port)).await;
    Some(match shown.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(shown) => finding(host, &shown, now),
        Err(error) => Finding::unknown(Check::Certificate, Fact::NoCertificate { host, why: IoFailure::from(&error) }),
    })
}

fn finding(host: String, shown: &Shown, now: UnixSeconds) -> Finding {
    let ends = shown.not_after;
    let days = ends.map(|ends| (ends - now).div_euclid(DAY));
    match (&shown.refused, ends, days) {
        (Some(_), Some(ends), Some(..0)) => {
            Finding::failed(Check::Certificate, Fact::CertificateExpired { host, at: ends })
        }
        (Some(why), ..) => Finding::failed(Check::Certificate, Fact::CertificateRefused { host, why: why.to_string() }),
        (None, Some(ends), Some(days)) if days < SOON => {
            Finding::warning(Check::Certificate, Fact::CertificateEnds { host, days, at: ends })
        }
        (None, Some(ends), Some(days)) => {
            Finding::ok(Check::Certificate, Fact::CertificateGood { host, days, at: ends })
        }
        (None, ..) => Finding::ok(Check::Certificate, Fact::CertificateAccepted { host }),
    }
}

/// What was shown, and why programs refuse it, if they do.
struct Shown {
    not_after: Option<UnixSeconds>,
    refused: Option<Error>,
}

/// Shakes hands with whatever answers there, and asks nothing.
async fn shown(host: &str, port: u16) -> io::Result<Shown> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let provider = CryptoProvider::get_default().cloned().ok_or_else(|| io::Error::other("no TLS library"))?;
    let look = Arc::new(Look {
        judge: Verifier::new(Arc::clone(&provider)).map_err(io::Error::other)?,
        seen: Mutex::default(),
    });
    let verifier: Arc<dyn ServerCertVerifier> = look.clone();
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls =
        tls.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    let tcp = TcpStream::connect((host, port)).await?;
    TlsConnector::from(Arc::new(tls)).connect(name, tcp).await?;
    let seen = look.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    seen.ok_or_else(|| io::Error::other("no certificate was shown"))
}

/// Notes what is shown and how the machine judges it. The handshake goes on either way: nothing secret is sent by it.
#[derive(Debug)]
struct Look {
    judge: Verifier,
    seen: Mutex<Option<Shown>>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("not_after", &self.not_after).field("refused", &self.refused).finish()
    }
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let seen = Shown { not_after: validity::not_after(end_entity), refused: judged.err() };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// The one thing that rustls does not tell (RFC 5280, 4.1).
mod validity {
    use crate::clock::UnixSeconds;

    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;

    /// Until when a certificate is good.
    pub fn not_after(der: &[u8]) -> Option<UnixSeconds> {
        let (certificate, _) = inside(der, SEQUENCE)?;
        let (to_be_signed, _) = inside(certificate, SEQUENCE)?;
        let rest = match element(to_be_signed)? {
            (VERSION, _, rest) => rest,
            _ => to_be_signed,
        };
        // The serial number, the algorithm, and who has issued it.
        let rest = (0..3).try_fold(rest, |rest, _| Some(element(rest)?.2))?;
        let (validity, _) = inside(rest, SEQUENCE)?;
        let (_, _, rest) = element(validity)?;
        match element(rest)? {
            (UTC_TIME, time, _) => {
                let (year, rest) = (number(time.get(..2)?)?, time.get(2..)?);
                // 4.1.2.5.1: two digits are those of 1950 to 2049.
                at(if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            (GENERALIZED_TIME, time, _) => at(number(time.get(..4)?)?, time.get(4..)?),
            _ => None,
        }
    }

    /// Month, day, hour, minute, second, Z.
    fn at(year: i16, rest: &[u8]) -> Option<UnixSeconds> {
        if rest.len() != 11 || rest[10] != b'Z' {
            return None;
        }
        let part = |i: usize| i8::try_from(number(rest.get(2 * i..2 * i + 2)?)?).ok();
        let moment = jiff::civil::DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
        Some(jiff::tz::Offset::UTC.to_timestamp(moment).ok()?.as_second())
    }

    fn number(digits: &[u8]) -> Option<i16> {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number.checked_mul(10)?.checked_add(i16::from(digit - b'0')))?
        })
    }

    fn inside(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
        let (tag, content, rest) = element(bytes)?;
        (tag == wanted).then_some((content, rest))
    }

    /// Tag, content and what follows, in DER.
    fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
        let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
        let (length, rest) = match length {
            short @ ..0x80 => (usize::from(short), rest),
            long => {
                let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                let length = length
                    .iter()
                    .try_fold(0_usize, |sum, byte| sum.checked_mul(256).map(|sum| sum + usize::from(*byte)))?;
                (length, rest)
            }
        };
        let (content, rest) = rest.split_at_checked(length)?;
        Some((tag, content, rest))
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        use super::*;

        fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
            let length = content.len().to_be_bytes();
            [&[tag, 0x88], &length[..], content].concat()
        }

        fn certificate(tag: u8, time: &str) -> Vec<u8> {
            let validity = [tlv(UTC_TIME, b"200101000000Z"), tlv(tag, time.as_bytes())].concat();
            let issuer = [tlv(2, &[7]), tlv(SEQUENCE, b""), tlv(SEQUENCE, b"CA")].concat();
            let to_be_signed = [tlv(VERSION, &[2]), issuer, tlv(SEQUENCE, &validity)].concat();
            tlv(SEQUENCE, &tlv(SEQUENCE, &to_be_signed))
        }

        #[test]
        fn the_end_is_read_in_both_forms() {
            let check = |tag, time: &str, expected| assert_eq!(not_after(&certificate(tag, time)), expected, "{time}");
            check(UTC_TIME, "261126043050Z", Some(1_795_667_450));
            check(UTC_TIME, "991231235959Z", Some(946_684_799));
            check(GENERALIZED_TIME, "20500101000000Z", Some(2_524_608_000));
            for odd in ["", "2611260430Z", "261326043050Z", "26112604305xZ", "261126043050+0100"] {
                check(UTC_TIME, odd, None);
            }
        }

        proptest! {
            #[test]
            fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, cut in 0..200_usize, flip in 0..200_usize) {
                not_after(&bytes);
                let mut good = certificate(UTC_TIME, "261126043050Z");
                let at = flip % good.len();
                good[at] ^= 0xff;
                not_after(&good);
                good.truncate(cut);
                not_after(&good);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn what_is_refused_fails_and_what_ends_soon_is_said() {
        let check = |days: Option<i64>, refused: bool| {
            let not_after = days.map(|days| 1_000_000_000 + days * DAY);
            let refused = refused.then(|| Error::General("unknown issuer".into()));
            finding("a.example".into(), &Shown { not_after, refused }, 1_000_000_000).state
        };
        assert_eq!([check(Some(90), false), check(None, false)], [Severity::Ok; 2]);
        assert_eq!([check(Some(13), false), check(Some(0), false)], [Severity::Warning; 2]);
        assert_eq!([check(Some(-1), true), check(Some(90), true), check(None, true)], [Severity::Failed; 3]);
    }
}
