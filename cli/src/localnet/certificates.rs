//! Certificates of a network on this machine: an authority whose key is forgotten once it has
//! signed, so that nobody can make another node of that network, and a certificate for each node.

use counterfoil_types::dates::Date;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// How long certificates are good for. Programs for the web take none that lasts longer.
const VALID_DAYS: i64 = 825;
/// From the day before, for machines whose clock is a little behind.
const BEFORE_DAYS: i64 = 1;
/// What nodes on this machine are called.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Signs certificates for as long as it is kept in memory.
pub struct Authority {
    certificate: Certificate,
    key: KeyPair,
    network: String,
    today: Date,
}

/// A node's certificate and its private key, each as PEM.
pub struct Issued {
    pub certificate: String,
    pub key: Zeroizing<String>,
}

impl Authority {
    pub fn new(network: &str, today: Date) -> Result<Self, Failure> {
        let mut params = params(&format!("{network} authority"), &[], today)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(Failure::failed)?;
        Ok(Self {
            certificate: params.self_signed(&key).map_err(Failure::failed)?,
            key,
            network: network.to_owned(),
            today,
        })
    }

    /// What clients are to trust, as PEM.
    pub fn certificate(&self) -> String {
        self.certificate.pem()
    }

    pub fn issue(&self, node: &str) -> Result<Issued, Failure> {
        let name = format!("{} {node}", self.network);
        let mut params = params(&name, &NAMES, self.today)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(Failure::failed)?;
        let certificate = params
            .signed_by(&key, &self.certificate, &self.key)
            .map_err(Failure::failed)?;
        Ok(Issued {
            certificate: certificate.pem(),
            key: Zeroizing::new(key.serialize_pem()),
        })
    }
}

fn params(name: &str, hosts: &[&str], today: Date) -> Result<CertificateParams, Failure> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).map_err(Failure::failed)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let day = |after| {
        let date = today.add_days(after).map_err(Failure::failed)?;
        let part = |number: u32| u8::try_from(number).expect("a month or a day of one");
        let year = i32::try_from(date.year()).expect("a year has four digits");
        Ok::<_, Failure>(date_time_ymd(year, part(date.month()), part(date.day())))
    };
    params.not_before = day(-BEFORE_DAYS)?;
    params.not_after = day(VALID_DAYS)?;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own_certificate_for_as_long_as_said() {
        let today = "2026-01-31".parse().unwrap();
        let authority = Authority::new("net", today).unwrap();
        let [a, b] = ["a", "b"].map(|node| authority.issue(node).unwrap());
        assert_ne!(a.certificate, b.certificate);
        assert_ne!(*a.key, *b.key);
        assert!(a.key.starts_with("-----BEGIN PRIVATE KEY-----"));
        let params = authority.certificate.params();
        assert_eq!(params.not_before, date_time_ymd(2026, 1, 30));
        assert_eq!(params.not_after, date_time_ymd(2028, 5, 5));
    }
}
