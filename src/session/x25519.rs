//! The private half of a key pair.

use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver, DefaultResolver};
use zeroize::Zeroizing;

use super::PublicKey;

/// A private key on Curve25519, erased from memory when dropped.
#[derive(Clone)]
pub struct PrivateKey(Zeroizing<[u8; 32]>);

impl PrivateKey {
    /// Any 32 bytes are a key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key's bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        let mut dh = DefaultResolver
            .resolve_dh(&DHChoice::Curve25519)
            .expect("the resolver was built with Curve25519");
        dh.set(self.0.as_slice());
        let mut public = [0; 32];
        public.copy_from_slice(dh.pubkey());
        public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_half_is_that_of_rfc_7748() {
        // Computed with the ladder of RFC 7748 §5 written out on its own.
        let private = std::array::from_fn(|index| index as u8);
        let public: [u8; 32] = [
            0x8f, 0x40, 0xc5, 0xad, 0xb6, 0x8f, 0x25, 0x62, 0x4a, 0xe5, 0xb2, 0x14, 0xea, 0x76,
            0x7a, 0x6e, 0xc9, 0x4d, 0x82, 0x9d, 0x3d, 0x7b, 0x5e, 0x1a, 0xd1, 0xba, 0x6f, 0x3e,
            0x21, 0x38, 0x28, 0x5f,
        ];
        assert_eq!(PrivateKey::new(private).public(), public);
    }
}
