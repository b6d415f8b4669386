//! Private keys under a password: PKCS#8's `EncryptedPrivateKeyInfo` (RFC 5958) by PBES2
//! (RFC 8018), written with scrypt (RFC 7914) and AES-256-CBC.

use pkcs8::der::pem::PemLabel as _;
use pkcs8::pkcs5::{self, pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding, PrivateKeyInfo, SecretDocument};
use zeroize::Zeroizing;

use super::KeyError;

/// What each try of a password costs: 16 MiB (128 · N · r bytes). These are the figures of OpenSSL's
/// own `-scrypt`, and the most it opens: it lets scrypt use 32 MiB, which N = 2^15 goes just beyond.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;
/// As long as AES-256 needs it.
const KEY_BYTES: usize = 32;

/// Most that a file may make its reader spend: bytes of scrypt's memory (128 · N · r · p, which
/// bounds its time too), and rounds of PBKDF2, by which OpenSSL encrypts unless told otherwise.
const MAX_SCRYPT_BYTES: u64 = 256 * 1024 * 1024;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

pub const SALT_BYTES: usize = 16;
/// AES works on blocks of this length.
pub const IV_BYTES: usize = 16;

/// Encrypts a key; salt and initialization vector are drawn afresh for every file.
pub fn seal(
    key: &SecretDocument,
    password: &[u8],
    salt: &[u8; SALT_BYTES],
    iv: &[u8; IV_BYTES],
) -> pkcs8::Result<Zeroizing<String>> {
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P, KEY_BYTES)
        .expect("the constants are within scrypt's bounds");
    let parameters = pbes2::Parameters::scrypt_aes256cbc(cost, salt, iv)?;
    let sealed =
        PrivateKeyInfo::try_from(key.as_bytes())?.encrypt_with_params(parameters, password)?;
    Ok(sealed.to_pem(EncryptedPrivateKeyInfo::PEM_LABEL, LineEnding::LF)?)
}

/// Decrypts a key. That the password is wrong shows in what comes out: it is no key.
pub fn open(sealed: &SecretDocument, password: &[u8]) -> Result<SecretDocument, KeyError> {
    let sealed = EncryptedPrivateKeyInfo::try_from(sealed.as_bytes())
        .map_err(|_| KeyError::UnknownEncryption)?;
    let parameters = sealed.encryption_algorithm.pbes2();
    let parameters = parameters.ok_or(KeyError::UnknownEncryption)?;
    if !is_affordable(&parameters.kdf) {
        return Err(KeyError::CostlyEncryption);
    }
    let opened = sealed.decrypt(password).map_err(|e| match e {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs5::Error::AlgorithmParametersInvalid { .. }
            | pkcs5::Error::UnsupportedAlgorithm { .. },
        ) => KeyError::UnknownEncryption,
        _ => KeyError::WrongPassword,
    })?;
    match PrivateKeyInfo::try_from(opened.as_bytes()) {
        Ok(_) => Ok(opened),
        Err(_) => Err(KeyError::WrongPassword),
    }
}

fn is_affordable(kdf: &pbes2::Kdf<'_>) -> bool {
    match kdf {
        pbes2::Kdf::Scrypt(scrypt) => {
            let blocks = u64::from(scrypt.block_size) * u64::from(scrypt.parallelization);
            let bytes = blocks.checked_mul(128 * scrypt.cost_parameter.min(MAX_SCRYPT_BYTES));
            // N = 1 is no scrypt, and N = 0 would be a bug's to find further down.
            scrypt.cost_parameter > 1 && bytes.is_some_and(|bytes| bytes <= MAX_SCRYPT_BYTES)
        }
        pbes2::Kdf::Pbkdf2(pbkdf2) => (1..=MAX_PBKDF2_ROUNDS).contains(&pbkdf2.iteration_count),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrypt(n: u64, r: u16, p: u16) -> pbes2::Kdf<'static> {
        pbes2::Kdf::Scrypt(pbes2::ScryptParams {
            salt: &[7; SALT_BYTES],
            cost_parameter: n,
            block_size: r,
            parallelization: p,
            key_length: None,
        })
    }

    #[test]
    fn a_file_cannot_make_its_reader_spend_more_than_the_bounds() {
        for (kdf, expected) in [
            (scrypt(1 << 14, 8, 1), true),
            (scrypt(1 << 18, 8, 1), true),
            (scrypt((1 << 18) + 1, 8, 1), false),
            (scrypt(1 << 18, 9, 1), false),
            (scrypt(1 << 18, 8, 2), false),
            (scrypt(u64::MAX, u16::MAX, u16::MAX), false),
            (scrypt(1, 8, 1), false),
            (scrypt(0, 8, 1), false),
        ] {
            assert_eq!(is_affordable(&kdf), expected, "{kdf:?}");
        }
        for (rounds, expected) in [
            (0, false),
            (1, true),
            (MAX_PBKDF2_ROUNDS, true),
            (MAX_PBKDF2_ROUNDS + 1, false),
        ] {
            let kdf = pbes2::Pbkdf2Params {
                salt: &[7; SALT_BYTES],
                iteration_count: rounds,
                key_length: None,
                prf: pbes2::Pbkdf2Prf::HmacWithSha256,
            };
            assert_eq!(is_affordable(&kdf.into()), expected, "{rounds}");
        }
    }
}
